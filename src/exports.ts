/** What regard exports both in Node and in a page, grouped by task. */

/* Errors, and long work. */
export { UsageError, UserError } from './base/errors.ts'
export { impostor } from './base/impostor.ts'
/* Networks, and training them step by step. */
export { Random } from './base/random.ts'
export type { Watch } from './base/watch.ts'
export { type DrawnFace, type DrawnFacesOptions, drawnFaces } from './datasets/synthetic/drawnFaces.ts'
/* Graphs: build, read, write, run and derive them. */
export { agree } from './engine/agreement.ts'
export type { Device, Engine, Program, Tensors } from './engine/engine.ts'
export { pausing } from './engine/pausing.ts'
/* Explaining a model's answer. */
export { type PartShare, sharesByPart } from './explanation/byPart.ts'
export { type Coherence, coherenceOf } from './explanation/coherence.ts'
export {
  type ConservedLayer,
  type Explainer,
  type ExplainerOptions,
  type Explanation,
  loadExplainer,
  type RuleParameters,
  type Scores,
  type TunableExplainer,
} from './explanation/explain.ts'
export { type GraftOptions, graft } from './explanation/graft.ts'
export { heatMap, type PixelRelevance, pixelRelevance, scaleOf } from './explanation/heatMap.ts'
export { METHODS, type Method, type MethodName, type NamedMethod } from './explanation/methods.ts'
export type { MethodOption } from './explanation/options.ts'
export type { Target } from './explanation/target.ts'
export { softmaxOf } from './explanation/years.ts'
/* Faces: find, align and divide into parts. */
export { type Alignment, align, alignment } from './faces/align.ts'
export {
  type BoxCut,
  type Cut,
  type CutFace,
  type CutFaces,
  type CutOptions,
  cutFaces,
  cutFound,
} from './faces/cut.ts'
export { type Box, type FaceFinder, type FoundFace, isMarked, mainFace } from './faces/face.ts'
export { eyeCentres } from './faces/landmarks.ts'
export { meshFromLandmarks } from './faces/meshFromLandmarks.ts'
export { landmarks49 } from './faces/meshLandmarks.ts'
export {
  FACE_PARTS,
  type FacePart,
  type PartOutline,
  partOutlines,
  partsInCut,
  partsOf,
} from './faces/parts.ts'
export { fillPolygon, type Labels } from './faces/polygon.ts'
export { REFERENCE_FACE } from './faces/reference.ts'
export { isSuspicious, type Stretch, stretchOf } from './faces/stretch.ts'
/* Models, and the files that they come from. */
export { type Files, MissingFile } from './formats/files.ts'
export { readModel } from './formats/model.ts'
export { readNpy, writeNpy } from './formats/npy.ts'
export { fixInput, openBatch } from './graph/batch.ts'
export { GraphBuilder, type Value } from './graph/builder.ts'
export { readGraph, writeGraph } from './graph/file.ts'
export { withoutUnread } from './graph/fold.ts'
export { OPSET } from './graph/operators.ts'
export { float32, type Graph, int64, type Tensor, type TensorOf } from './graph/types.ts'
export { verify } from './graph/verify.ts'
export { agesOf } from './models/ages.ts'
export { type Card, formatCard, parseCard } from './models/card.ts'
export {
  compositeOf,
  type ExplainOptions,
  explainBy,
  loadModelExplainer,
  type ModelExplanation,
  type ModelInput,
} from './models/explain.ts'
export { graftModel } from './models/graft.ts'
export { inputOf, inputToPhoto, pictureOf } from './models/input.ts'
export {
  answersOf,
  type Model,
  type ModelOptions,
  modelOf,
  openCard,
  openModel,
  requirePreprocessing,
} from './models/model.ts'
export type { Preprocessing } from './models/preprocessing.ts'
export { against, expectedAgeIn } from './models/questions.ts'
export { type BuiltInName, builtIn, DEFAULT_NETWORK } from './networks/builtIn/index.ts'
export type { BuiltInNetwork } from './networks/builtIn/network.ts'
export { type NetworkName, networks } from './networks/index.ts'
export { type StartingPoint, startFrom } from './networks/start.ts'
/* Pictures. */
export { type Affine, applyAffine, invertAffine } from './pictures/affine.ts'
export { enlarged } from './pictures/enlarged.ts'
export { FITS, type Fit, fitted } from './pictures/fit.ts'
export type { Image, Point } from './pictures/image.ts'
export { type CanvasPixels, fromRgba, rgba } from './pictures/rgba.ts'
export { sideBySide } from './pictures/sideBySide.ts'
export { warpAffine } from './pictures/warp.ts'
export type {
  EngineOptions,
  FaceFinderOptions,
  FilesInMemory,
  LoadModelOptions,
  Photo,
  Regard,
} from './platform.ts'
/* Composites and custom rules. */
export type { Composite, CompositeEntry, OwnRuleEntry } from './rules/composites/composite.ts'
export { type CompositeName, composites } from './rules/composites/presets.ts'
export { parseComposite } from './rules/composites/read.ts'
export { gradient } from './rules/gradient/gradient.ts'
export type { Amount, Parameter, ParameterName } from './rules/relevance/parameters.ts'
export { type NetworkOutput, relevance } from './rules/relevance/relevance.ts'
export {
  ALL,
  type InputPart,
  type LinearRule,
  type LinearVisit,
  NEGATIVE,
  NOTHING,
  type Passed,
  POSITIVE,
  type SignedPart,
  type Term,
  type WeightPart,
} from './rules/relevance/rule.ts'
export type { InputRange } from './rules/relevance/rules.ts'
/* Statistics. */
export { bootstrap, bootstrapMean } from './statistics/bootstrap.ts'
export { type Calibration, calibrationOf } from './statistics/calibration.ts'
export { holm } from './statistics/holm.ts'
export { mcnemar, signFlip } from './statistics/mcnemar.ts'
export { rateAt, type Schedule } from './training/schedule.ts'
export { type StepOptions, type TrainingSteps, trainingSteps } from './training/step.ts'
export { type Measured, type State, type Stepper, stepperFor } from './training/stepper.ts'
