# trainyard as two images of one build: `--target api` and `--target worker`.
#   RUNTIME=cpu|cuda     the TensorFlow to put in (cuda adds NVIDIA's libraries; the driver comes from the host)
#   PIP_INDEX_URL, NPM_CONFIG_REGISTRY    mirrors to build from, where there are any

FROM node:24-bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ make python3 python3-pip ca-certificates dataset-fashion-mnist \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ARG PIP_INDEX_URL
ARG NPM_CONFIG_REGISTRY
COPY package.json package-lock.json .npmrc ./
COPY scripts/setup.js scripts/
COPY scripts/setup scripts/setup
RUN node scripts/setup.js npm && rm -rf .cache
ARG RUNTIME=cpu
# One layer that stays until the runtime or the addon changes.
RUN node scripts/setup.js tensorflow addon && rm -rf .cache
COPY tsconfig.json ./
COPY src src
COPY examples/recipes examples/recipes
RUN node scripts/setup.js compile console

# What runs: no development packages, of tfjs-node only the addon and the protocol it speaks, of ONNX Runtime this platform.
FROM build AS production
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund --cache /tmp/npm \
 && rm -rf /tmp/npm node_modules/core-js \
 && find node_modules/@tensorflow -mindepth 1 -maxdepth 1 ! -name tfjs-node-gpu -exec rm -rf {} + \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$(node -p process.arch)" -exec rm -rf {} + \
 && cd node_modules/@tensorflow/tfjs-node-gpu \
 && find . -mindepth 1 -maxdepth 1 ! -name package.json ! -name dist ! -name lib ! -name deps -exec rm -rf {} + \
 && find dist -mindepth 1 -maxdepth 1 ! -name proto -exec rm -rf {} +

FROM node:24-bookworm-slim AS runtime
ARG RUNTIME=cpu
ENV NODE_ENV=production \
    RUNTIME=$RUNTIME \
    DATA_DIR=/data \
    DATASETS_DIR=/usr/share/datasets \
    TF_CPP_MIN_LOG_LEVEL=2 \
    TF_FORCE_GPU_ALLOW_GROWTH=true \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /app
# The largest layer, shared by both images.
COPY --from=production /app/.runtime/tensorflow .runtime/tensorflow
COPY --from=build /usr/share/datasets /usr/share/datasets
COPY --from=production /app/node_modules node_modules
COPY package.json openapi.yaml LICENSE ./
COPY --from=production /app/dist dist
RUN install -d -o node -g node /data && install -d -o node -g node -m 700 /access
USER node
VOLUME /data
STOPSIGNAL SIGTERM

FROM runtime AS worker
# No --start-interval in health checks: Docker Engine has it from 25 on.
HEALTHCHECK --interval=15s --timeout=15s --start-period=60s CMD ["node", "dist/worker.js", "--health"]
CMD ["node", "dist/worker.js"]

FROM runtime AS api
# Other containers reach the API: without AUTH=keys or AUTH=none it does not start.
ENV HOST=0.0.0.0 PORT=3000
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=10s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz?for=predict`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server.js"]
