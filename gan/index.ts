export { BundleInvalid, EngineError, EngineUnfit, SeedInvalid, ShapeMismatch } from './errors.ts'
export { MersenneTwister, type RandomState } from './random.ts'
export { latentFromSeed } from './latent.ts'
