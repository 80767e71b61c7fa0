import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { expect } from 'chai'

const root = resolve(import.meta.dirname, '..')

/** Runs a tool of this repository in `cwd`; resolves with its exit code and everything it printed. */
function run(tool: string, args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    execFile(join(root, 'node_modules/.bin', tool), args, { cwd }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), output: stdout + stderr })
    })
  })
}

/** A folder with this repository's rules and one planted file, removed after the test. */
async function plant(path: string, source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latentmint-layers-'))
  for (const file of ['.oxlintrc.json', 'tsconfig.base.json', 'gan/tsconfig.json', 'minter/domain/tsconfig.json']) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(root, file), join(folder, file))
  }
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), source)
  return folder
}

describe('the layers', () => {
  let folder = ''
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const forbidden: readonly (readonly [string, string])[] = [
    ['gan/planted.ts', `import { sha256 } from '../minter/domain/digest.ts'\nexport const planted = sha256\n`],
    ['gan/planted.ts', `import { readFile } from 'node:fs/promises'\nexport const planted = readFile\n`],
    ['minter/domain/planted.ts', `import { Contract } from 'ethers'\nexport const planted = Contract\n`],
    ['minter/domain/planted.ts', `import { latent } from '../../gan/latent.ts'\nexport const planted = latent\n`],
    ['minter/domain/planted.ts', `import { step } from '../pipeline/steps.ts'\nexport const planted = step\n`],
    ['minter/pipeline/planted.ts', `import { store } from '../adapters/ipfs-store.ts'\nexport const planted = store\n`],
    ['minter/adapters/planted.ts', `import { store } from './ipfs-store.ts'\nexport const planted = store\n`],
    ['minter/audit/planted.ts', `import { step } from '../pipeline/steps.ts'\nexport const planted = step\n`],
    ['minter/http/planted.ts', `import { program } from '../cli/program.ts'\nexport const planted = program\n`],
    ['web/planted.ts', `import { step } from '../minter/pipeline/steps.ts'\nexport const planted = step\n`],
  ]
  for (const [path, source] of forbidden) {
    it(`refuses in ${path}: ${source.split('\n')[0]}`, async () => {
      folder = await plant(path, source)
      const { code, output } = await run('oxlint', [path], folder)
      expect(output).to.include('no-restricted-imports')
      expect(code).to.equal(1)
    })
  }

  it('lets the domain enter gan by its door', async () => {
    folder = await plant(
      'minter/domain/planted.ts',
      `import { toByte } from '../../gan/index.ts'\nexport const planted = toByte\n`,
    )
    const { output } = await run('oxlint', ['minter/domain/planted.ts'], folder)
    expect(output).to.not.include('no-restricted-imports')
  })

  it('makes `process` a compile error in gan', async () => {
    folder = await plant('gan/planted.ts', 'export const planted = process.pid\n')
    const { code, output } = await run('tsc', ['-p', 'gan/tsconfig.json', '--noEmit', 'false'], folder)
    expect(output).to.match(/Cannot find name 'process'/)
    expect(code).to.not.equal(0)
  })
})
