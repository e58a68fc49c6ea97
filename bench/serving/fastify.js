/** onnxruntime-node behind a minimal Fastify server. MODEL names the model file; requests are raw PNG bodies. Argument: the port. */
import { fastify } from 'fastify';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const session = await InferenceSession.create(process.env['MODEL'] ?? '');
const app = fastify();
app.addContentTypeParser('image/png', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
app.post('/predict', async (request) => {
  const file = /** @type {Buffer} */ (request.body);
  const { data, info } = await sharp(file).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  const images = new Tensor('uint8', data, [1, info.height, info.width, info.channels]);
  const { probabilities } = await session.run({ images }, ['probabilities']);
  return { probabilities: Array.from(/** @type {Float32Array} */ (probabilities?.data)) };
});
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
