/** One Python wheel, pinned: only its libraries and headers are used, never its Python code. */
export type Wheel = { project: string; version: string; sha256: string; platforms: readonly string[] };

/** A TensorFlow build that Scion runs on. `id` names its folder inside the runtime folder. */
export type Release = { id: string; tensorflow: string; gpu: boolean; wheels: readonly Wheel[] };

const tensorflow = '2.21.0';
const x64 = [
  'manylinux_2_27_x86_64',
  'manylinux_2_17_x86_64',
  'manylinux2014_x86_64',
  'manylinux_2_12_x86_64',
  'manylinux2010_x86_64',
];
const arm64 = ['manylinux_2_27_aarch64', 'manylinux_2_17_aarch64', 'manylinux2014_aarch64'];

const cuda: readonly Wheel[] = (
  [
    ['nvidia-cublas-cu12', '12.9.3.13', 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72'],
    ['nvidia-cuda-cupti-cu12', '12.8.90', 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182'],
    ['nvidia-cuda-nvcc-cu12', '12.9.86', '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0'],
    ['nvidia-cuda-nvrtc-cu12', '12.9.86', '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'],
    ['nvidia-cuda-runtime-cu12', '12.9.79', '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'],
    ['nvidia-cudnn-cu12', '9.28.0.42', '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375'],
    ['nvidia-cufft-cu12', '11.4.1.4', 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'],
    ['nvidia-curand-cu12', '10.3.10.19', '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e'],
    ['nvidia-cusolver-cu12', '11.7.5.82', '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'],
    ['nvidia-cusparse-cu12', '12.5.10.65', '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'],
    ['nvidia-nccl-cu12', '2.32.3', 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'],
    ['nvidia-nvjitlink-cu12', '12.9.86', 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'],
  ] as const
).map(([project, version, sha256]) => ({ project, version, sha256, platforms: x64 }));

const releases: readonly (Release & { arch: string })[] = [
  {
    id: `tensorflow-${tensorflow}-cpu-x64`,
    arch: 'x64',
    tensorflow,
    gpu: false,
    wheels: [
      {
        project: 'tensorflow-cpu',
        version: tensorflow,
        sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
        platforms: x64,
      },
    ],
  },
  {
    id: `tensorflow-${tensorflow}-cpu-arm64`,
    arch: 'arm64',
    tensorflow,
    gpu: false,
    wheels: [
      {
        project: 'tensorflow',
        version: tensorflow,
        sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
        platforms: arm64,
      },
    ],
  },
  {
    id: `tensorflow-${tensorflow}-cuda12-x64`,
    arch: 'x64',
    tensorflow,
    gpu: true,
    wheels: [
      {
        project: 'tensorflow',
        version: tensorflow,
        sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
        platforms: x64,
      },
      ...cuda,
    ],
  },
];

/** The release for this machine, or null where there is none (it then runs on WebAssembly). */
export function releaseFor(machine: { platform: string; arch: string; gpu: boolean }): Release | null {
  if (machine.platform !== 'linux') return null;
  return releases.find(({ arch, gpu }) => arch === machine.arch && gpu === machine.gpu) ?? null;
}
