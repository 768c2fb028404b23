/** What the documentation's pages are, and how they are grouped: for the site, and for the tests of the pages. */

/** The pages of `docs/` in the order of the sidebar, by what a reader wants of them (diataxis.fr). */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Tutorial: { tutorial: 'The first ten minutes', gallery: 'Gallery' },
  'How to': {
    predicting: 'Ask a network about photos',
    explaining: 'Explain an answer',
    studio: 'Use the studio',
    datasets: 'Use your own data set',
    faces: 'Find and align faces',
    training: 'Train a network',
    evaluating: 'Measure accuracy',
    profiling: 'Profile a network',
    comparing: 'Compare networks',
    atlas: 'Find kinds of reasons',
    checking: 'Check a data set',
    onnx: 'Save an explanation as ONNX',
    caffe: 'Read Caffe models',
    tensorflowjs: 'Read TensorFlow.js models',
    devices: 'Choose a device',
    'many-machines': 'Use many machines',
    stopping: 'Stop and resume; exit codes',
    'synthetic-faces': 'Draw faces with known truth',
  },
  Reference: {
    plan: 'The plan of a study',
    report: 'The report of a study',
    cards: 'Cards of models',
    composites: 'Composites',
    operators: 'Operators',
    networks: 'Built-in networks',
    library: 'The library',
    glossary: 'Glossary',
  },
  Explanation: {
    rules: 'Rules of relevance',
    measures: 'Can maps be believed?',
    statistics: 'Statistics',
    limits: 'Limits',
    architecture: 'Architecture',
    speed: 'Speed',
  },
}

/** The anchor of a heading, as GitHub makes it, so that a link leads to the same place there and on the site. */
export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-')
}
