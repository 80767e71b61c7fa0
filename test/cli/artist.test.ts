import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import sharp from 'sharp'
import {
  createCanonicalEngine,
  decodePng,
  openBundle,
  readSafetensors,
  renderArtifact,
  type Bundle,
  writeBundle,
} from '../../gan/index.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { defaultRecipe } from '../../minter/cli/model-files.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'
import { openVectors, readWasm } from '../gan/vectors.ts'
import { withFolder, writeTinyModel } from '../pipeline/tiny-studio.ts'
import { runCli } from './run-cli.ts'
import { runHere } from './run-here.ts'

const CHAIN_SEED = `0x${'ab'.repeat(32)}`

/** The object that a command printed. */
async function runJson(args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, failure } = await runHere([...args, '--json'])
  expect(code, failure).to.equal(0)
  return JSON.parse(stdout)
}

/** A labelled model of official weights. */
function writeLabelledModel(folder: string): string {
  const { G, D, read } = openVectors('cond32')
  const tiny = tinyBundle()
  const features = 32
  const bundle: Bundle = {
    description: { ...tiny.description, G, D, classes: ['Ikat', 'Suzani', 'Batik', 'Kilim'] },
    generator: read('G.safetensors'),
    discriminator: read('D.safetensors'),
    calibration: {
      ...tiny.calibration,
      featureMean: new Float32Array(features),
      featureStd: new Float32Array(features).fill(1),
    },
  }
  const file = join(folder, 'labelled.safetensors')
  writeFileSync(file, writeBundle(bundle))
  return file
}

describe('minter/cli/render', () => {
  for (const noise of ['const', 'random']) {
    it(`makes the same pictures on one thread and on two, with ${noise} noise`, async () => {
      await withFolder(async (folder) => {
        const args = [
          'render',
          '--model',
          writeTinyModel(folder),
          '--seeds',
          '0-16',
          '--noise',
          noise,
          '--noise-seed',
          '3',
        ]
        const one = await runJson([...args, '--workers', '1', '--grid', join(folder, 'one.png')])
        const two = await runJson([...args, '--workers', '2', '--grid', join(folder, 'two.png')])
        expect(two['seeds']).to.deep.equal(one['seeds'])
        expect(two['digest']).to.equal(one['digest'])
      })
    })
  }

  it('writes for each seed the very file that a token of it has', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const out = join(folder, 'pieces')
      const told = await runJson(['render', '--model', model, '--seeds', `7,${CHAIN_SEED}`, '--out', out])
      expect(readdirSync(out)).to.have.members(['seed0007.png', `seed${CHAIN_SEED}.png`])

      const bytes = new Uint8Array(readFileSync(model))
      const recipe = defaultRecipe()
      const engine = await createCanonicalEngine({ bundle: openBundle(bytes), recipe, wasm: readWasm() })
      const [token] = await engine.render([7])
      engine.dispose()
      const provenance = { model: sha256(bytes), recipeDigest: sha256(canonicalJson(recipe)), seed: '7' }
      const artifact = renderArtifact(token!.rgb, 8, recipe, provenance)
      expect(new Uint8Array(readFileSync(join(out, 'seed0007.png')))).to.deep.equal(artifact)
      expect(told['seeds']).to.deep.include({
        seed: 7,
        pixelDigest: sha256(token!.rgb),
        file: join(out, 'seed0007.png'),
        digest: sha256(artifact),
      })
    })
  })

  it('lays a grid out as it is told to, raw or repeated', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const grid = join(folder, 'grid.png')
      const common = ['render', '--model', model, '--seeds', '0-5', '--grid', grid, '--no-labels', '--columns', '3']
      await runJson([...common, '--raw'])
      expect(decodePng(new Uint8Array(readFileSync(grid)))).to.include({ width: 3 * 8, height: 2 * 8 })
      await runJson([...common, '--tile', '3', '--scale', '1'])
      expect(decodePng(new Uint8Array(readFileSync(grid)))).to.include({ width: 3 * 3 * 16, height: 2 * 3 * 16 })
    })
  })

  it('draws random noise from its seed, for each picture its own', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const digests = async (...more: string[]): Promise<unknown> => {
        const args = ['render', '--model', model, '--grid', join(folder, 'g.png'), '--noise', 'random', ...more]
        return (await runJson(args))['seeds']
      }
      const both = await digests('--seeds', '1,2', '--noise-seed', '3')
      expect(await digests('--seeds', '1,2', '--noise-seed', '3')).to.deep.equal(both)
      expect(await digests('--seeds', '1,2', '--noise-seed', '4')).to.not.deep.equal(both)
      expect([...((await digests('--seeds', '2', '--noise-seed', '3')) as unknown[])]).to.deep.equal(
        (both as unknown[]).slice(1),
      )
    })
  })

  it('gives each seed of a labelled model its own class, seed mod classes, and its token the same', async () => {
    await withFolder(async (folder) => {
      const model = writeLabelledModel(folder)
      const common = ['render', '--model', model, '--grid', join(folder, 'grid.png'), '--out', folder]
      const own = await runJson([...common, '--seeds', `5,6,${CHAIN_SEED}`])
      const of = async (seed: string, label: string) =>
        (await runJson([...common, '--seeds', seed, '--class', label]))['seeds'] as { pixelDigest: string }[]
      const digests = (own['seeds'] as { pixelDigest: string }[]).map(({ pixelDigest }) => pixelDigest)
      expect((own['seeds'] as { class: string }[]).map((each) => each.class)).to.deep.equal([
        'Suzani',
        'Batik',
        'Kilim',
      ])
      const [five, six, chain] = [await of('5', '1'), await of('6', '2'), await of(CHAIN_SEED, '3')]
      expect(digests).to.deep.equal([five, six, chain].map(([only]) => only?.pixelDigest))

      await runJson([...common, '--seeds', '5'])
      const bytes = new Uint8Array(readFileSync(model))
      const recipe = defaultRecipe()
      const engine = await createCanonicalEngine({ bundle: openBundle(bytes), recipe, wasm: readWasm() })
      const [token] = await engine.render([5])
      engine.dispose()
      const provenance = { model: sha256(bytes), recipeDigest: sha256(canonicalJson(recipe)), seed: '5' }
      expect(new Uint8Array(readFileSync(join(folder, 'seed0005.png')))).to.deep.equal(
        renderArtifact(token!.rgb, engine.resolution, recipe, provenance),
      )
    })
  })

  it('mixes, animates, edits and looks for pictures of a labelled model', async () => {
    await withFolder(async (folder) => {
      const model = ['--model', writeTinyModel(folder, 8, ['Ikat', 'Suzani', 'Batik'])]
      const png = (name: string) => ['--out', join(folder, `${name}.png`)]
      const mixed = await runJson(['mix', ...model, '--rows', '1', '--cols', '2', ...png('mix')])
      const { seeds } = await runJson(['render', ...model, '--seeds', '1,2', '--grid', join(folder, 'grid.png')])
      const [one, two] = seeds as { pixelDigest: string }[]
      expect((mixed['pictures'] as { pixelDigest: string }[]).map(({ pixelDigest }) => pixelDigest)).to.include.members(
        [one!.pixelDigest, two!.pixelDigest],
      )
      for (const space of ['z', 'w']) {
        const walk = ['interpolate', ...model, '--seeds', '1,2', '--frames', '4', '--loop', '--space', space]
        expect(await runJson([...walk, ...png(space)])).to.include({ frames: 4 })
      }
      await runJson(['edit', ...model, '--seed', '7', '--direction', '0', ...png('edit')])
      const found = ['project', join(folder, 'edit.png'), ...model, '--steps', '2', '--out', join(folder, 'found')]
      await runJson(found)
      await runJson([...found, '--class', 'suzani'])
    })
  })

  it('renders all seeds in a class by number or name, and in mixtures', async () => {
    await withFolder(async (folder) => {
      const model = writeLabelledModel(folder)
      const common = ['render', '--model', model, '--seeds', '1', '--grid', join(folder, 'grid.png')]
      const one = await runJson([...common, '--class', '1'])
      const mixture = await runJson([...common, '--class', '1:0.5,3:0.5'])
      expect(one['class']).to.deep.equal([0, 1, 0, 0])
      expect(mixture['class']).to.deep.equal([0, 0.5, 0, 0.5])
      expect(mixture['seeds']).to.not.deep.equal(one['seeds'])

      expect((await runJson([...common, '--class', 'batik']))['class']).to.deep.equal([0, 0, 1, 0])

      for (const label of ['4', 'velvet', 'batik:2,velvet']) {
        const { code, failure } = await runHere([...common, '--class', label])
        expect(code).to.equal(2)
        expect(failure).to.match(/CONFIG_INVALID: the model knows classes 0-3, Ikat, .*, and no (?:4|velvet)/u)
      }
    })
  })
})

describe('minter/cli/mix', () => {
  it('makes a table of rows and columns, with the styles of both', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder, 8)
      const args = ['mix', '--model', model, '--rows', '1,2', '--cols', '5', '--out', join(folder, 'mix.png')]
      const { pictures } = (await runJson([...args, '--layers', '0-3'])) as { pictures: { pixelDigest: string }[] }
      const digests = pictures.map(({ pixelDigest }) => pixelDigest)
      // All four layers come from the column, so that each cross is the column's own picture.
      expect(digests).to.have.length(5)
      expect([digests[2], digests[4]]).to.deep.equal([digests[0], digests[0]])
      expect(digests[1]).to.not.equal(digests[0])
      const refused = await runHere([...args, '--layers', '2-5'])
      expect([refused.code, refused.failure]).to.satisfy(
        ([code, text]: [number, string]) => code === 2 && text.includes('the model has layers 0-3, and no layer 4'),
      )
    })
  })
})

describe('minter/cli/interpolate', () => {
  it('writes an animated PNG, the same every time', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const out = join(folder, 'walk.png')
      const args = ['interpolate', '--model', model, '--seeds', '1,2,3', '--frames', '9', '--loop', '--out', out]
      const first = await runJson([...args, '--space', 'z'])
      expect(await runJson([...args, '--space', 'z'])).to.deep.equal(first)
      expect(first).to.include({ frames: 9, curve: 'slerp', width: 32, height: 32 })
      expect(readFileSync(out).toString('latin1').match(/fcTL/gu)).to.have.length(9)
    })
  })

  it('writes an animated WebP of the same frames, without loss', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder, 8)
      const walk = ['interpolate', '--model', model, '--seeds', '1,2', '--frames', '5', '--curve', 'cubic']
      await runJson([...walk, '--out', join(folder, 'walk.webp')])
      await runJson([...walk, '--out', join(folder, 'walk.png')])
      const animation = sharp(join(folder, 'walk.webp'), { animated: true })
      expect(await animation.metadata()).to.include({ pages: 5, pageHeight: 32, loop: 0 })
      const strip = await animation.removeAlpha().raw().toBuffer()
      const still = decodePng(new Uint8Array(readFileSync(join(folder, 'walk.png'))))
      expect(new Uint8Array(strip.subarray(0, still.rgb.length))).to.deep.equal(still.rgb)
    })
  })

  it('exits 2 for a kind of file that it does not write, and for a path of one seed', async () => {
    const other = await runHere(['interpolate', '--seeds', '1,2', '--out', 'walk.gif'])
    expect([other.code, /\.png, \.apng or \.webp/u.test(other.failure)]).to.deep.equal([2, true])
    const one = await runHere(['interpolate', '--seeds', '1'])
    expect([one.code, /a path takes at least two seeds/u.test(one.failure)]).to.deep.equal([2, true])
  })
})

describe('minter/cli/edit', () => {
  it('moves along a direction, through the picture itself', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder, 8)
      const out = ['--out', join(folder, 'edit.png')]
      const common = ['edit', '--model', model, '--seed', '7', '--strength', '-2..2', ...out]
      const strip = (await runJson([...common, '--direction', '0'])) as { pictures: Record<string, unknown>[] }
      expect(strip.pictures.map(({ strength }) => strength)).to.deep.equal([-2, -1, 0, 1, 2])
      const grid = ['--grid', join(folder, 'grid.png')]
      const { seeds } = (await runJson(['render', '--model', model, '--seeds', '7', ...grid])) as {
        seeds: Record<string, unknown>[]
      }
      expect(strip.pictures[2]!['pixelDigest']).to.equal(seeds[0]!['pixelDigest'])
      const sheet = (await runJson([...common, '--directions', '0-2'])) as { pictures: object[] }
      expect(sheet.pictures).to.have.length(15)

      for (const [args, wanted] of [
        [['edit', '--model', model, '--seed', '7'], /name one direction/u],
        [['edit', '--model', model, '--direction', '0'], /name one picture/u],
        [[...common, '--direction', '8'], /there are directions 0-7, and no 8/u],
        [[...common, '--direction', '0', '--layers', '9'], /layers 0-3, and no layer 9/u],
      ] as const) {
        const { code, failure } = await runHere(args)
        expect([code, wanted.test(failure)], failure).to.deep.equal([2, true])
      }
    })
  })
})

describe('minter/cli/project', () => {
  it('finds styles that edit goes on with, from a PNG or a JPEG', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const out = join(folder, 'found')
      await runJson(['render', '--model', model, '--seeds', '3', '--out', folder])
      const piece = join(folder, 'seed0003.png')
      const found = await runJson(['project', piece, '--model', model, '--steps', '5', '--out', out])
      expect(found).to.include({ crop: 'quadrant', steps: 5, w: join(out, 'w.safetensors') })
      const { tensors } = readSafetensors(new Uint8Array(readFileSync(join(out, 'w.safetensors'))))
      expect(tensors.get('w')?.shape).to.deep.equal([1, 4, 8])
      expect(existsSync(join(out, 'projection.png'))).to.equal(true)

      const start = ['--start', join(out, 'w.safetensors')]
      await sharp(piece).jpeg().toFile(join(folder, 'piece.jpg'))
      await runJson(['project', join(folder, 'piece.jpg'), '--model', model, '--steps', '2', '--out', out, ...start])
      const edited = ['edit', '--model', model, '--w', join(out, 'w.safetensors'), '--direction', '0']
      await runJson([...edited, '--out', join(folder, 'edit.png')])

      const other = join(folder, 'other.safetensors')
      writeFileSync(
        other,
        writeBundle({ ...tinyBundle(), description: { ...tinyBundle().description, name: 'other' } }),
      )
      const refused = await runHere([...edited, '--model', other])
      expect([refused.code, /its styles belong to the model 0x/u.test(refused.failure)]).to.deep.equal([2, true])
    })
  })

  it('exits 3 on Ctrl-C, with the best so far on disk and how to go on', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const out = join(folder, 'found')
      await runJson(['render', '--model', model, '--seeds', '3', '--out', folder])
      const args = ['project', join(folder, 'seed0003.png'), '--model', model, '--steps', '100000', '--out', out]
      const { code, stderr } = await runCli(args, {
        onStderr: (text, child) => {
          if (/loss \d/u.test(text) && !text.includes('Stopping')) child.kill('SIGINT')
        },
      })
      expect(code, stderr).to.equal(3)
      expect(stderr)
        .to.match(/PROJECTION_STOPPED/u)
        .and.to.match(/--start/u)
      expect(readdirSync(out)).to.have.members(['projection.png', 'w.safetensors'])
    })
  })

  it('exits 2 for what is no picture, and for no file at all', async () => {
    await withFolder(async (folder) => {
      const model = writeTinyModel(folder)
      const text = join(folder, 'text.png')
      writeFileSync(text, 'not a picture')
      const bad = await runHere(['project', text, '--model', model])
      expect([bad.code, /it cannot be read as a picture/u.test(bad.failure)], bad.failure).to.deep.equal([2, true])
      const none = await runHere(['project', join(folder, 'none.png'), '--model', model])
      expect([none.code, /there is no such picture/u.test(none.failure)]).to.deep.equal([2, true])
    })
  })
})
