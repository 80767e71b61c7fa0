import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  BundleInvalid,
  float32Tensor,
  openBundle,
  readSafetensors,
  writeBundle,
  writeSafetensors,
  type NamedTensor,
} from '../../gan/index.ts'
import { tinyBundle, tinyDescription } from './tiny-bundle.ts'

const FORMAT = 'latentmint-bundle-1'

/** The tiny bundle's file after its tensors or metadata were tampered with. */
function alteredFile(
  change: (tensors: Map<string, NamedTensor>) => void,
  metadata: Record<string, string> = { format: FORMAT, description: JSON.stringify(tinyDescription()) },
): Uint8Array {
  const tensors = new Map(readSafetensors(writeBundle(tinyBundle())).tensors)
  change(tensors)
  return writeSafetensors([...tensors.values()], metadata)
}

function described(change: object): Uint8Array {
  const description = JSON.stringify({ ...tinyDescription(), ...change })
  return alteredFile(() => {}, { format: FORMAT, description })
}

/** Networks that take labels. */
function withLabels(c_dim: number): object {
  const { G, D } = tinyDescription()
  return { G: { ...G, c_dim }, D: { ...D, c_dim } }
}

function failureOf(bytes: Uint8Array): BundleInvalid {
  try {
    openBundle(bytes)
  } catch (error) {
    if (error instanceof BundleInvalid) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('gan/bundle', () => {
  describe('openBundle', () => {
    it('gives back what was written', () => {
      const bundle = tinyBundle()
      const opened = openBundle(writeBundle(bundle))
      expect(opened.description.G).to.deep.include(bundle.description.G)
      expect([...opened.generator.keys()]).to.have.members([...bundle.generator.keys()])
      expect(opened.generator.get('mapping.fc0.weight')).to.deep.equal(bundle.generator.get('mapping.fc0.weight'))
      expect(opened.discriminator.get('b4.out.weight')).to.deep.equal(bundle.discriminator.get('b4.out.weight'))
      expect(opened.calibration).to.deep.equal(bundle.calibration)
    })

    it('names a tensor that is missing', () => {
      const file = alteredFile((tensors) => tensors.delete('G_ema.mapping.fc1.bias'))
      expect(failureOf(file).tensor).to.equal('G_ema.mapping.fc1.bias')
    })

    it('names a tensor that does not belong, and where it lies', () => {
      const extra = float32Tensor('G_ema.mapping.fc9.bias', [1], Float32Array.of(1))
      const file = alteredFile((tensors) => tensors.set(extra.name, extra))
      const failure = failureOf(file)
      expect(failure.tensor).to.equal('G_ema.mapping.fc9.bias')
      expect(failure.byte).to.equal(file.length - 4)
    })

    it('names a tensor of the wrong shape, and both shapes', () => {
      const file = alteredFile((tensors) => {
        const bias = float32Tensor('D.b4.fc.bias', [9], new Float32Array(9))
        tensors.set(bias.name, bias)
      })
      expect(failureOf(file).message).to.include('has shape [9], expected [8]').and.include('D.b4.fc.bias')
    })

    for (const broken of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      it(`names the byte of a weight that is ${broken}`, () => {
        const file = alteredFile((tensors) => {
          const bias = float32Tensor('D.b4.fc.bias', [8], Float32Array.of(0, 0, 0, broken, 0, 0, 0, 0))
          tensors.set(bias.name, bias)
        })
        const { tensor, byte } = failureOf(file)
        expect(tensor).to.equal('D.b4.fc.bias')
        expect(new DataView(file.buffer).getFloat32(byte!, true)).to.deep.equal(broken)
      })
    }

    it('refuses weights that are not float32', () => {
      const file = alteredFile((tensors) => {
        tensors.set('D.b4.fc.bias', { name: 'D.b4.fc.bias', dtype: 'F16', shape: [8], data: new Uint8Array(16) })
      })
      expect(failureOf(file).message).to.include('F16, expected F32')
    })

    it('accepts the constant filters that official files carry', () => {
      const filter = float32Tensor('G_ema.synthesis.b8.conv0.resample_filter', [4, 4], new Float32Array(16))
      const file = alteredFile((tensors) => tensors.set(filter.name, filter))
      expect(openBundle(file).generator.has('synthesis.b8.conv0.resample_filter')).to.equal(true)
    })

    it('refuses calibration logits that do not ascend', () => {
      const file = alteredFile((tensors) => {
        tensors.set('calibration.logits', float32Tensor('calibration.logits', [2], Float32Array.of(1, 0)))
      })
      expect(failureOf(file).tensor).to.equal('calibration.logits')
    })

    it('keeps a scale for each class, and names the byte where one of them falls', () => {
      const bundle = tinyBundle(['Ikat', 'Suzani'])
      const logits = [Float32Array.of(-1, 0, 0.5), Float32Array.of(2, 3, 4)]
      const scaled = (scales: readonly Float32Array[]) =>
        writeBundle({ ...bundle, calibration: { ...bundle.calibration, logits: scales } })
      expect(openBundle(scaled(logits)).calibration.logits).to.deep.equal(logits)
      const start = readSafetensors(scaled(logits)).tensors.get('calibration.logits')!.data.byteOffset
      const falling = [logits[0]!, Float32Array.of(2, 1, 4)]
      expect(() => scaled(falling))
        .to.throw(BundleInvalid)
        .include({ tensor: 'calibration.logits', byte: start + 16 })
    })

    it('refuses scales that are not as many as classes', () => {
      const bundle = tinyBundle(['Ikat', 'Suzani'])
      const logits = [Float32Array.of(0), Float32Array.of(0), Float32Array.of(0)]
      const write = (scales: readonly Float32Array[], of = bundle) =>
        writeBundle({ ...of, calibration: { ...of.calibration, logits: scales } })
      expect(() => write(logits)).to.throw(BundleInvalid, 'has shape [3, 1], expected [2, 1]')
      expect(() => write(logits.slice(1), tinyBundle())).to.throw(BundleInvalid, 'has shape [2, 1], expected [1]')
    })

    it('refuses a deviation of zero, by which features could not be divided', () => {
      const file = alteredFile((tensors) => {
        const name = 'calibration.feature_std'
        tensors.set(name, float32Tensor(name, [8], new Float32Array(8)))
      })
      expect(failureOf(file).tensor).to.equal('calibration.feature_std')
    })

    it('refuses another format, and says which', () => {
      expect(failureOf(alteredFile(() => {}, { format: 'pt' })).message).to.include('"pt"')
    })

    for (const [what, metadata] of [
      ['no description', { format: FORMAT }],
      ['a description that is no JSON', { format: FORMAT, description: '{' }],
      ['a description that is a list', { format: FORMAT, description: '[]' }],
    ] as const) {
      it(`refuses ${what}`, () => {
        expect(failureOf(alteredFile(() => {}, metadata)).message).to.include('description')
      })
    }

    for (const [what, change, named] of [
      ['no name', { name: undefined }, 'name'],
      ['a negative kimg', { kimg: -1 }, 'kimg'],
      ['no generator', { G: null }, 'G'],
      ['a resolution that is no power of two', { G: { ...tinyDescription().G, img_resolution: 12 } }, 'img_resolution'],
      ['a resolution without end', { G: { ...tinyDescription().G, img_resolution: 2 ** 40 } }, 'img_resolution'],
      ['networks for different sizes', { D: { ...tinyDescription().D, img_resolution: 16 } }, 'img_resolution'],
      ['a latent of no length', { G: { ...tinyDescription().G, z_dim: 0 } }, 'z_dim'],
      ['an unknown architecture', { D: { ...tinyDescription().D, architecture: 'spiral' } }, 'architecture'],
      ['classes that its networks do not know', { classes: ['kilim'] }, 'classes'],
      ['fewer classes than labels', { ...withLabels(2), classes: ['kilim'] }, 'classes'],
      ['two classes of one name', { ...withLabels(2), classes: ['kilim', 'kilim'] }, 'classes'],
      ['a class without a name', { ...withLabels(2), classes: ['kilim', ''] }, 'classes[1]'],
    ] as const) {
      it(`refuses a description with ${what}, naming ${named}`, () => {
        expect(failureOf(described(change)).message).to.include(named)
      })
    }

    it('refuses every file that was cut short', () => {
      const file = writeBundle(tinyBundle())
      fc.assert(fc.property(fc.nat(file.length - 1), (length) => failureOf(file.subarray(0, length)).code !== null))
    })
  })

  describe('writeBundle', () => {
    it('gives the same bytes for the same parts', () => {
      expect(writeBundle(tinyBundle())).to.deep.equal(writeBundle(tinyBundle()))
    })

    it('refuses to write a bundle that openBundle would refuse', () => {
      expect(() => writeBundle({ ...tinyBundle(), discriminator: new Map() })).to.throw(BundleInvalid, 'missing')
    })
  })
})
