import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { buildInfo, contractArtifact } from '../../minter/artifacts.ts'
import { describeWith } from './peers.ts'

const BUILDS = fileURLToPath(new URL('../../artifacts/build-info', import.meta.url))
const ANSWERS = fileURLToPath(new URL('../../docs/slither.md', import.meta.url))
const NOT_OURS = 'node_modules/|test/|contracts/testing'

interface Element {
  readonly name: string
  readonly type_specific_fields?: { readonly parent?: Element & { readonly type: string } }
}

interface Finding {
  readonly check: string
  readonly elements: readonly Element[]
  readonly description: string
}

/** What a finding is about, without line numbers: `Drop._giveChange`, `DropStorage._name`. */
function placeOf({ name, type_specific_fields: fields }: Element): string {
  const parent = fields?.parent
  return parent === undefined || !['contract', 'function'].includes(parent.type) ? name : `${placeOf(parent)}.${name}`
}

/** Lays the sources out where Slither looks for them; it reads what Hardhat compiled, so no compiler is needed. */
function stage(folder: string): void {
  // Hardhat leaves builds of earlier sources beside the present one.
  const { id, input } = buildInfo(contractArtifact('Drop'))
  for (const file of [`${id}.json`, `${id}.output.json`]) {
    cpSync(join(BUILDS, file), join(folder, 'artifacts/build-info', file))
  }
  writeFileSync(join(folder, 'hardhat.config.ts'), '')
  for (const [name, { content }] of Object.entries(input.sources)) {
    const place = name
      .replace(/^npm\/(.+?)@[^/]+\//u, 'node_modules/$1/')
      .replace(/^project\/contracts\//u, 'contracts/')
    mkdirSync(dirname(join(folder, place)), { recursive: true })
    writeFileSync(join(folder, place), content)
  }
}

/** The rows of the table: check, place, answer. */
function answers(): ReadonlyMap<string, string> {
  const rows = readFileSync(ANSWERS, 'utf8').matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\| (.+?) +\|$/gmu)
  return new Map([...rows].map(([, check, place, answer = '']) => [`${check} ${place}`, answer]))
}

describeWith('slither', 'contracts under Slither', (slither) => {
  let findings: readonly string[]

  before(function () {
    this.timeout(600_000)
    const folder = mkdtempSync(join(tmpdir(), 'latentmint-slither-'))
    stage(folder)
    const args = ['.', '--ignore-compile', '--filter-paths', NOT_OURS, '--json', 'findings.json']
    const { stderr } = spawnSync(slither, args, { cwd: folder, encoding: 'utf8' })
    const report: { success: boolean; error: string | null; results: { detectors?: readonly Finding[] } } = JSON.parse(
      readFileSync(join(folder, 'findings.json'), 'utf8'),
    )
    rmSync(folder, { recursive: true, force: true })
    expect(report.success, `${report.error} ${stderr}`).to.equal(true)
    expect(stderr).to.match(/analyzed \(\d{2,} contracts/u)
    findings = (report.results.detectors ?? []).map(({ check, elements, description }) =>
      elements[0] === undefined ? `${check} ${description}` : `${check} ${placeOf(elements[0])}`,
    )
  })

  it('finds nothing that docs/slither.md has no answer to', () => {
    const known = answers()
    expect(findings.filter((finding) => !known.has(finding))).to.deep.equal([])
  })

  it('still finds what docs/slither.md answers', () => {
    expect([...answers().keys()].filter((answered) => !findings.includes(answered))).to.deep.equal([])
  })
})
