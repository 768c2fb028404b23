import type { BuiltInNetwork } from './network.ts'

/**
 * How its authors feed it faces, and what its outputs are (`age_gender_identity/facial_analysis.py` of HSE_FaceRec_tf):
 * blue, green and red with VGG's means subtracted, the face with a small margin; ages from 1 on; the sigmoid is the
 * probability of m.
 *
 * The package with its files feeds it red, green and blue with nothing subtracted, and counts ages from 0, which makes
 * its errors on UTKFace two fifths larger (docs/networks.md).
 */
export const FACERES_CARD: BuiltInNetwork['card'] = {
  answers: [
    {
      output: 'age_pred/Softmax',
      task: 'years',
      classes: Array.from({ length: 100 }, (_, k) => String(k + 1)),
    },
    { output: 'gender_pred/Sigmoid', task: 'gender', classes: ['f', 'm'] },
  ],
  input: { channels: 'BGR', scale: 1, mean: [103.939, 116.779, 123.68] },
  alignment: { box: 1.4 },
  composite: 'epsilon-plus-flat-unbiased',
}

export const faceres: BuiltInNetwork = {
  title: 'FaceRes, a MobileNet',
  package: 'human',
  files: {
    'faceres.json': '5b83d49c0385d2e68a05122441b94226313677cae9fcc40b9587ad50079eb4df',
    'faceres.bin': '2c7d2d62b76c97528b736527aa09d310ea71743c9e3e79fb6c62d4b2d73af79b',
  },
  card: FACERES_CARD,
  source:
    'A. V. Savchenko: Efficient facial representations for age, gender and identity recognition in organizing photo ' +
    'albums using multi-output ConvNet. PeerJ Computer Science 5:e197, 2019 (HSE_FaceRec_tf)',
  licence:
    'MIT, like the package @vladmandic/human that contains it; the package does not say what the authors allow with the weights',
  trainedOn: 'VGGFace2 (identity), then IMDB-WIKI (age and gender): mostly well-known people',
  figures: { utkface: { error: 5.7, gender: 85.5 } },
  limits: [
    'It underestimates the age of people over 60: its error there is 12 to 14 years',
    'For small children its gender label is little better than a guess: 58 to 62 % are right up to the age of 2',
    'On All-Age-Faces and FairFace it takes women for men more often than men for women (81 and 96 % are right on the first); on UTKFace it does not',
  ],
}
