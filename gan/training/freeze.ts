import { isAdapterWeight } from '../adapters/lora.ts'
import { blockResolutions, type DiscriminatorKwargs, planDiscriminator } from '../architecture.ts'
import type { Weights } from '../bundle.ts'

/**
 * The layers of a discriminator that keep what they have learned: the first so many from the image on, as
 * `freeze_layers` of its blocks says. The epilogue always learns.
 *
 * @returns tells by its official name whether a weight is frozen
 * @see Mo et al. 2020, arXiv:2002.10964 "Freeze the discriminator"
 */
export function frozenWeights(kwargs: DiscriminatorKwargs): (name: string) => boolean {
  const plan = planDiscriminator(kwargs)
  const finest = plan.img_resolution
  const layers = blockResolutions(finest)
    .slice(1)
    .toReversed()
    .flatMap((resolution) => [
      ...(resolution === finest || plan.architecture === 'skip' ? [`b${resolution}.fromrgb`] : []),
      `b${resolution}.conv0`,
      `b${resolution}.conv1`,
      ...(plan.architecture === 'resnet' ? [`b${resolution}.skip`] : []),
    ])
  const frozen = new Set(layers.slice(0, plan.block_kwargs.freeze_layers))
  return (name) => frozen.has(name.slice(0, name.lastIndexOf('.')))
}

/** Where there is an adapter, it alone learns. */
export function frozenBeneathAdapter(generator: Weights): (name: string) => boolean {
  const hasAdapter = [...generator.keys()].some(isAdapterWeight)
  return (name) => hasAdapter && !isAdapterWeight(name)
}
