export {
  blockResolutions,
  channelsAt,
  discriminatorShapes,
  featureCount,
  generatorShapes,
  noiseLayers,
  planDiscriminator,
  planGenerator,
  type Architecture,
  type DiscriminatorKwargs,
  type GeneratorKwargs,
  type WeightShapes,
} from './architecture.ts'
export {
  openBundle,
  writeBundle,
  type Bundle,
  type BundleDescription,
  type Calibration,
  type Weights,
} from './bundle.ts'
export {
  createCanonicalEngine,
  createCanonicalInterpreter,
  type CanonicalEngine,
  type CanonicalOptions,
} from './engines/canonical.ts'
export { createNativeInterpreter, createWebgpuInterpreter, loadSecondTfjs } from './engines/device-backends.ts'
export { createSeedRenderer, type Rendered, type SeedRenderer } from './engines/seed-renderer.ts'
export { ADAPTER_FORMAT, expectParent, openAdapter, writeAdapter, type Adapter } from './adapters/adapter-file.ts'
export { AdapterMismatch } from './adapters/errors.ts'
export { adaptBundle, type Application } from './adapters/lora.ts'
export { parseDiscriminator, parseGenerator } from './description.ts'
export { encodeApng } from './apng.ts'
export { createExplorer, drawNoise, type Explorer, type Look, type NoiseMaps, type Styles } from './artist/explorer.ts'
export { fitPicture, isMirrored, type Crop } from './artist/fit-picture.ts'
export { pathThrough, type Curve } from './artist/interpolation.ts'
export { enlargePixels, pictureOf, repeatPicture } from './artist/picture.ts'
export { startProjection, type Projected, type Projection } from './artist/projection.ts'
export { factorizeStyles, moveStyles, type Direction } from './artist/sefa.ts'
export { mixStyles } from './artist/style-mixing.ts'
export { joinBytes } from './bytes.ts'
export { BundleInvalid, EngineError, EngineUnfit, SeedInvalid, ShapeMismatch } from './errors.ts'
export type { Compiled, Interpreter, Named, Program } from './interpreter.ts'
export { exportGenerator, type OnnxExportOptions } from './engines/onnx-export.ts'
export {
  createOnnxInterpreter,
  onnxFile,
  type OnnxFileOptions,
  type OnnxRuntime,
  type OnnxSession,
} from './engines/onnx-interpreter.ts'
export type { Weight } from './layout.ts'
export { latentFromSeed } from './latent.ts'
export { classOfSeed, labelOfSeed } from './seed-class.ts'
export { styleCount } from './synthesis.ts'
export { MersenneTwister, type RandomState } from './random.ts'
export {
  float32Of,
  float32Tensor,
  float64Of,
  readSafetensors,
  writeSafetensors,
  type Dtype,
  type NamedTensor,
  type SafetensorsFile,
} from './safetensors.ts'
export { mirrorQuadrant, rgbFromInterleaved, rgbFromPlanar, toByte, upscaleTile, type RgbImage } from './image.ts'
export { decodePng, encodePng, PngInvalid, type PngImage } from './png.ts'
export { composePiece, mirrorTile, parseRecipe, RecipeInvalid, type Recipe } from './recipe.ts'
export { ArtifactTooLarge, MOST_ARTIFACT_BYTES, renderArtifact } from './render-artifact.ts'
export { provenanceXmp, type Provenance } from './xmp.ts'
export { selfTest } from './self-test.ts'
export { assembleModel, type Import, type Imported } from './import/assemble.ts'
export { openCheckpoint, type Checkpoint } from './import/checkpoint.ts'
export { CheckpointAmbiguous, CheckpointInvalid, CheckpointRefused, CheckpointUnsupported } from './import/errors.ts'
export { mergeKwargs } from './import/facts.ts'
export { openZip, type Archive } from './import/zip.ts'
export type { Kwargs } from './import/networks.ts'
export { calibrateInSteps } from './training/calibration.ts'
export { evaluateModel, type Comparison, type Evaluation, type Metrics, type WithFloor } from './metrics/evaluate.ts'
export { openDistanceGauge, type DistanceGauge } from './metrics/gauge.ts'
export type { Likeness } from './metrics/memorisation.ts'
export { trainingInterpreter, trainOnTensorflow, trainOnWasm, trainOnWebgpu } from './training/backend.ts'
export type { AugmentConfig } from './training/config.ts'
export type { Crew, CrewMember, DescentTask, Muster, ShareSlope } from './training/crew.ts'
export {
  adapterFrom,
  adapterOf,
  bundleFrom,
  joinTraining,
  resumeTraining,
  startTraining,
  type TrainingRun,
} from './training/run.ts'
export {
  ADAPTIVE_AUGMENTATION,
  AUGMENT_PIPES,
  autoTraining,
  chooseNetworks,
  type NetworkChoice,
  PATH_LENGTH,
  SMALL_TRAINING,
  smallTraining,
  type TrainingSettings,
} from './training/settings.ts'
export type { Losses } from './training/trainer.ts'
export { TrainingDiverged } from './training/watch.ts'
export { countImages, type TrainingSet, TrainingSetInvalid } from './training/training-set.ts'
