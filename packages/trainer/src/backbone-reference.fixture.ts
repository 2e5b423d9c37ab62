/** Features by PyTorch, torchvision and timm, as torch-reference.fixture.py prints them, which says what goes in. */
export type BackboneReference = {
  config: { type: string; [setting: string]: unknown };
  side: number;
  /** Features 0 to 3 of the first and of the last of four images, then the mean of all. */
  features: { evaluation: readonly number[]; training: readonly number[] };
  /** The first running averages after one pass in training. */
  statistics: Readonly<Record<string, readonly number[]>>;
};

export const fromTorch: readonly BackboneReference[] = [
  {
    config: { type: 'reference-net', dropout: 0, spatialDropout: 0 },
    side: 4,
    features: {
      evaluation: [0, 0.142344, 0.0549516, 0.144152, 0, 0.137232, 0.0408635, 0.131377, 0.0430663],
      training: [0, 0.142344, 0.0549516, 0.144152, 0, 0.137232, 0.0408635, 0.131377, 0.0430663],
    },
    statistics: {},
  },
  {
    config: { type: 'convnet-small' },
    side: 16,
    features: {
      evaluation: [0.129363, 0.248132, 0.145473, 0, 0.132695, 0.185618, 0.18361, 0.00437562, 0.0502284],
      training: [0.0142774, 0.609011, 0.21102, 0.0925416, 0.368246, 0, 0.725058, 0.624363, 0.400764],
    },
    statistics: {
      'bn1.running_mean': [0.0370023, 0.115892, 0.0918423, -0.0781307],
      'bn1.running_var': [1.3149, 1.21852, 0.758195, 0.53902],
    },
  },
  {
    config: { type: 'resnet18-small' },
    side: 16,
    features: {
      evaluation: [0, 0, 0.0454239, 0.133921, 0, 0, 0.0467437, 0.133275, 0.107943],
      training: [1.04484, 0.890612, 0.405143, 1.98758, 0.382313, 1.18019, 0.591379, 0.200829, 0.82774],
    },
    statistics: {
      'bn1.running_mean': [0.0317092, 0.0286353, 0.0226359, -0.0391011],
      'bn1.running_var': [1.31645, 1.22389, 0.756433, 0.540475],
    },
  },
  {
    config: { type: 'resnet18' },
    side: 16,
    features: {
      evaluation: [0.750857, 0.112702, 0.0480962, 0.232313, 0.761174, 0.0947482, 0.0493905, 0.23148, 0.120466],
      training: [0.450014, 0.673607, 0.65374, 0.994963, 1.13863, 1.58354, 0.494452, 0.837567, 0.827689],
    },
    statistics: {
      'bn1.running_mean': [0.0317092, 0.0286353, 0.0226359, -0.0391011],
      'bn1.running_var': [1.31645, 1.22389, 0.756433, 0.540475],
    },
  },
  {
    config: { type: 'resnet18', stem: 'imagenet' },
    side: 64,
    features: {
      evaluation: [0.915517, 0.123712, 0.0612352, 0.297069, 0.912714, 0.113729, 0.0623806, 0.289862, 0.149988],
      training: [0.301025, 1.19902, 0.978835, 1.36463, 0.954956, 1.09017, 0.890616, 1.25776, 0.824888],
    },
    statistics: {
      'bn1.running_mean': [0.0170911, 0.102887, 0.0491141, -0.0425954],
      'bn1.running_var': [1.31602, 1.22121, 0.756612, 0.539694],
    },
  },
  {
    config: { type: 'resnet34' },
    side: 16,
    features: {
      evaluation: [0.0595752, 0.0199881, 0.055344, 0.0807324, 0.0554707, 0.0123877, 0.0455082, 0.0854399, 0.167145],
      training: [0.606775, 0.947853, 0.932873, 1.48882, 1.31863, 0.330042, 1.14623, 0.732482, 1.06697],
    },
    statistics: {
      'bn1.running_mean': [0.0317092, 0.0286353, 0.0226359, -0.0391011],
      'bn1.running_var': [1.31645, 1.22389, 0.756433, 0.540475],
    },
  },
  {
    config: { type: 'resnet50' },
    side: 32,
    features: {
      evaluation: [0.587346, 0.000393716, 0.0917607, 0.123798, 0.59035, 8.50762e-5, 0.0928787, 0.121667, 0.151748],
      training: [0.942002, 1.22935, 1.16825, 1.5409, 0.922444, 1.61152, 1.05676, 1.00668, 1.03471],
    },
    statistics: {
      'bn1.running_mean': [0.0290647, 0.0247935, 0.0228157, -0.0373781],
      'bn1.running_var': [1.31622, 1.22281, 0.756632, 0.539854],
    },
  },
  {
    config: { type: 'mobilenet-v2' },
    side: 96,
    features: {
      evaluation: [0.410416, 0.00773089, 0, 0.0150582, 0.410415, 0.00773026, 0, 0.0150617, 0.0445278],
      training: [0.289337, 0.421549, 0.468354, 0.403742, 0.139858, 0.828581, 0.464205, 0.539126, 0.400742],
    },
    statistics: {
      'features.0.1.running_mean': [0.0777888, 0.122311, 0.0184336, -0.0935366],
      'features.0.1.running_var': [0.96843, 0.80399, 0.469529, 0.926976],
    },
  },
  {
    config: { type: 'mobilenet-v2', widthFactor: 0.35 },
    side: 64,
    features: {
      evaluation: [0.256116, 0.0142445, 0, 0.0381984, 0.25612, 0.0142509, 0, 0.0382004, 0.0454296],
      training: [0.240714, 0.077404, 0.317141, 0.988798, 0.596596, 0.325528, 0.347106, 0.388536, 0.40449],
    },
    statistics: {
      'features.0.1.running_mean': [0.0776855, 0.122004, 0.0185, -0.0932681],
      'features.0.1.running_var': [0.968593, 0.803961, 0.469666, 0.927035],
    },
  },
  {
    config: { type: 'vit-tiny' },
    side: 16,
    features: {
      evaluation: [-0.0608907, 2.4175, -0.0791382, 0.149075, -0.170852, 2.53767, -0.199182, -0.255179, 0.0118374],
      training: [-0.0608907, 2.4175, -0.0791382, 0.149075, -0.170852, 2.53767, -0.199182, -0.255179, 0.0118374],
    },
    statistics: {},
  },
  {
    config: { type: 'vit-tiny', patch: 8, pool: 'mean', depth: 3 },
    side: 24,
    features: {
      evaluation: [-1.94337, -0.328622, -0.105163, -0.656901, -2.16551, -0.0449232, 0.498043, -1.15974, 0.0143138],
      training: [-1.94337, -0.328622, -0.105163, -0.656901, -2.16551, -0.0449232, 0.498043, -1.15974, 0.0143138],
    },
    statistics: {},
  },
  {
    config: { type: 'efficientnet-lite0', widthFactor: 0.5 },
    side: 96,
    features: {
      evaluation: [0, 0, 0.117822, 0.0763841, 0, 0, 0.117822, 0.0763852, 0.0409639],
      training: [0.242021, 0.42268, 0.253269, 0.361949, 0.640813, 0.527002, 0.567526, 0.385042, 0.400648],
    },
    statistics: {
      'bn1.running_mean': [-0.0931815, -0.0638426, -0.0638575, 0.0777568],
      'bn1.running_var': [0.465132, 0.462583, 0.781223, 1.35602],
    },
  },
  {
    config: { type: 'efficientnet-lite0', padding: 'same' },
    side: 96,
    features: {
      evaluation: [0, 0, 0.122038, 0.116832, 0, 0, 0.122039, 0.116832, 0.0382368],
      training: [0.462152, 0.365658, 0.404408, 0.656093, 0.421363, 0.312229, 0.851986, 0.694703, 0.400582],
    },
    statistics: {
      'bn1.running_mean': [-0.0932469, -0.0633002, -0.0634036, 0.0766772],
      'bn1.running_var': [0.465506, 0.462664, 0.78095, 1.35629],
    },
  },
];
