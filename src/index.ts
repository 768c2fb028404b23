/** regard as a library: graphs, their gradients and relevance, and an engine to run them. */

export { UserError } from './base/errors.ts'
export { type Checked, type CheckOptions, checkDataset } from './datasets/check/check.ts'
export type { Case, Finding, Severity } from './datasets/check/finding.ts'
export type { Dataset, Face } from './datasets/dataset.ts'
export { openFaceFinder } from './datasets/faceFinder.ts'
export { type DatasetKind, type ReadOptions, readDataset } from './datasets/readers.ts'
export { readPhoto } from './datasets/readPhoto.ts'
export type { Engine, Program, Tensors } from './engine/engine.ts'
export { nodeEngine } from './engine/node.ts'
export {
  type ConservedLayer,
  type Explainer,
  type Explanation,
  loadExplainer,
  type Scores,
  type Target,
} from './explanation/explain.ts'
export { type GraftOptions, graft } from './explanation/graft.ts'
export { type Affine, applyAffine, invertAffine } from './faces/affine.ts'
export { align, alignment } from './faces/align.ts'
export { type Box, type FaceFinder, type FoundFace, mainFace } from './faces/face.ts'
export type { Alignment, Image, Point } from './faces/image.ts'
export { meshFromLandmarks } from './faces/meshFromLandmarks.ts'
export { landmarks49 } from './faces/meshLandmarks.ts'
export { FACE_PARTS, type FacePart, partsOf } from './faces/parts.ts'
export type { Labels } from './faces/polygon.ts'
export { isSuspicious, type Stretch, stretchOf } from './faces/stretch.ts'
export { findPrototxt, readCaffe, readMean } from './formats/caffe/read.ts'
export { readModel } from './formats/model.ts'
export { readOnnx, writeOnnx } from './formats/onnx.ts'
export { readTensorFlowJs } from './formats/tensorflowjs/read.ts'
export { fixInput, openBatch } from './graph/batch.ts'
export { GraphBuilder, type Value } from './graph/builder.ts'
export { float32, type Graph, int64, type Tensor } from './graph/types.ts'
export { verify } from './graph/verify.ts'
export type { Card } from './networks/card.ts'
export { type NetworkName, networks } from './networks/index.ts'
export type { Composite } from './rules/composites/composite.ts'
export { composites } from './rules/composites/presets.ts'
export { parseComposite } from './rules/composites/read.ts'
export { gradient } from './rules/gradient/gradient.ts'
export { type AnswerOutput, relevance } from './rules/relevance/relevance.ts'
export { type Answer, type ExplainOptions, explain } from './study/explain.ts'
export { writeReport } from './study/report/report.ts'
export { writePicture } from './study/writePicture.ts'
