/** Functions that read and write files by their paths: `regard/node`. */

export { nodeEngine } from './engine/node.ts'
export { readMeanFile, readModelFile, readOnnxFile, writeOnnxFile } from './formats/node.ts'
export {
  type ExplainFileOptions,
  explainFile,
  type ModelFileOptions,
  openBuiltIn,
  openModelFile,
  type TrainedCard,
  writeModel,
} from './models/node.ts'
export { readPhoto, writePicture } from './pictures/node.ts'
