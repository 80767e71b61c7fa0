import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { describeWith } from './peers.ts'

/** Debian's Chromium brings a Vulkan driver that computes on the processor. */
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'
const MINUTES = 30
const root = fileURLToPath(new URL('../../', import.meta.url))

describeWith(
  'swiftshader',
  'the engines that compute by WebGPU',
  (driver) => {
    it('give every number of the official networks within its tolerance', function () {
      this.timeout(MINUTES * 60_000)
      const { stdout } = spawnSync(
        process.execPath,
        [
          'node_modules/mocha/bin/mocha.js',
          '--reporter=json',
          '--timeout=1200000',
          '--grep=the engine (onnx-)?webgpu',
          'test/gan/parity.test.ts',
        ],
        // oxlint-disable-next-line node/no-process-env -- the driver is chosen by the environment
        { cwd: root, encoding: 'utf8', env: { ...process.env, VK_ICD_FILENAMES: driver }, maxBuffer: 1 << 26 },
      )
      const { stats, failures } = JSON.parse(stdout.slice(stdout.indexOf('{\n')))
      if (stats.passes === 0 && stats.failures === 0) this.skip()
      expect(failures.map(({ fullTitle }: { fullTitle: string }) => fullTitle)).to.deep.equal([])
    })
  },
  existsSync(DRIVER) ? DRIVER : null,
)
