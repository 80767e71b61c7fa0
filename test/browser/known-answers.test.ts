import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { build } from 'vite'
import { writeBundle } from '../../gan/index.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { tinyBundle } from '../gan/tiny-bundle.ts'
import { inChromium } from './chromium.ts'
import { answer, type Answer } from './known-answers-page.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const WASM = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm')
const SHIPPED = here('../../models/ikat-64.safetensors')

const SEEDS = [
  '0',
  '1',
  '4294967295',
  `0x${'00'.repeat(32)}`,
  `0x${'a5'.repeat(32)}`,
  `0x${'0123456789abcdef'.repeat(4)}`,
]

/** Bundles the page's script, and serves it with the files that it asks for. */
async function servePage(bundle: Uint8Array, wasm: Uint8Array): Promise<Server> {
  const outDir = here('../../build/known-answers')
  await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      outDir,
      lib: { entry: here('./known-answers-page.ts'), formats: ['es'], fileName: 'page' },
      target: 'es2023',
    },
  })
  const files: Readonly<Record<string, readonly [type: string, content: Uint8Array | string]>> = {
    '/': ['text/html', '<!doctype html><meta charset="utf-8"><title>known answers</title>'],
    '/page.js': ['text/javascript', await readFile(`${outDir}/page.js`)],
    '/bundle': ['application/octet-stream', bundle],
    '/wasm': ['application/wasm', wasm],
  }
  const server = createServer((request, response) => {
    const [type, content] = files[request.url ?? ''] ?? ['text/plain', '']
    response.setHeader('content-type', type).end(content)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return server
}

describe('the canonical engine in Chromium', function () {
  this.timeout(120_000)
  const { browser } = inChromium(this)
  const models: readonly (readonly [name: string, read: () => Promise<Uint8Array>])[] = [
    ['a tiny random network', () => Promise.resolve(writeBundle(tinyBundle()))],
    ...(existsSync(SHIPPED) ? [['the shipped network', () => readFile(SHIPPED)] as const] : []),
  ]

  for (const [name, read] of models) {
    it(`makes of ${name} the same latents, pixels, logits, features and files as Node`, async () => {
      const [bundle, wasm] = [await read(), await readFile(WASM)]
      const recipe = recipeFor(wasm)
      const inNode = await answer({ bundle, wasm, recipe, seeds: SEEDS })
      const server = await servePage(bundle, wasm)
      try {
        const page = await browser().newPage()
        await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
        const inBrowser = await page.evaluate(
          async ([json, seeds]): Promise<readonly Answer[]> => {
            const script = '/page.js'
            const { answerHere } = await import(script)
            return answerHere(json, seeds)
          },
          [recipe, SEEDS] as const,
        )
        expect(inBrowser).to.deep.equal(inNode)
      } finally {
        server.close()
      }
    })
  }
})

function recipeFor(wasm: Uint8Array): object {
  return {
    version: 1,
    engine: { name: 'tfjs-backend-wasm', version: '4.22.0', wasmDigest: sha256(wasm) },
    psi: '0.8',
    cutoff: null,
    noiseMode: 'const',
    mirror: 'quadrant',
    upscale: { factor: 4, kernel: 'catmull-rom' },
    png: 1,
  }
}
