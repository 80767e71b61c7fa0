import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { decodePng, encodePng } from '../../gan/index.ts'
import { walkDag, writeCar } from '../../minter/dag.ts'
import type { AuditLinkResult } from '../../minter/domain/audit-source.ts'
import { canonicalJson } from '../../minter/domain/canonical-json.ts'
import { rawCid } from '../../minter/domain/cid.ts'
import { treeOfDataset } from '../../minter/domain/dataset-manifest.ts'
import { type DatasetProof, proveFile } from '../../minter/domain/dataset-proof.ts'
import { sha256 } from '../../minter/domain/digest.ts'
import type { Manifest } from '../../minter/domain/manifest.ts'
import type { Block } from '../../minter/ports.ts'
import { type Exhibition, type Mischief, stageExhibition } from './exhibition.ts'
import { serveBlocks, type TestGateway } from './memory-gateway.ts'

const MAIN = resolve(import.meta.dirname, '../../minter/audit/main.ts')
const NOBODY = 'http://127.0.0.1:9'

interface Report {
  readonly verdict: string
  readonly links: readonly AuditLinkResult[]
  readonly findings: readonly string[]
  readonly tokens: number
  readonly identical: number
  readonly selection: string
  readonly candidates: { readonly of: number; readonly checked: number; readonly identical: number | null }
  readonly liars: readonly string[]
  readonly error?: { readonly code: string; readonly message: string }
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the auditor as its users do: as a process that is told where chain and gateways are, and nothing else. */
async function audit(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  const code = new Promise<number | null>((done) => child.once('exit', done))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, err }
}

/** The last line of what it printed. */
function lastLine({ out }: Ended): unknown {
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')
}

function reportOf(ended: Ended): Report {
  return lastLine(ended) as Report
}

function linkOf(report: Report, link: string): AuditLinkResult | undefined {
  return report.links.find((result) => result.link === link)
}

/** @yields what the operator's own archive would hold, after `change` */
async function* archivedBlocks(
  { blocks, directory }: Exhibition,
  change: (cid: string, bytes: Uint8Array) => Uint8Array,
): AsyncGenerator<Block> {
  for await (const { cid, bytes } of walkDag(async (name) => blocks.find(name) ?? null, directory)) {
    yield { cid, bytes: change(cid, bytes) }
  }
  // Model and dataset, each of which is one raw leaf here.
  for (const [cid, bytes] of blocks.content) yield { cid, bytes: change(cid, bytes) }
}

describe('audit of a drop, in a process of its own', () => {
  let exhibition: Exhibition
  let gateway: TestGateway
  let where: string[]

  before(async () => {
    exhibition = await stageExhibition()
    gateway = await serveBlocks(exhibition.blocks)
    where = ['--rpc', exhibition.rpc, '--contract', exhibition.contract, '--gateway', gateway.url]
  })
  after(async () => {
    await gateway.close()
    await exhibition.close()
  })

  it('makes every candidate and every token again and finds nothing wrong', async () => {
    const ended = await audit('drop', ...where, '--drop', '1', '--full', '--json')
    const report = reportOf(ended)
    expect(report.links.filter(({ state }) => state !== 'ok')).to.deep.equal([])
    expect(ended.code).to.equal(0)
    expect(report).to.deep.include({ verdict: 'ok', tokens: 3, identical: 3, selection: 'reproduced' })
    expect(report.candidates).to.include({ of: 16, checked: 16, identical: 16 })
  })

  it('makes as many candidates again as it is asked to', async () => {
    const { candidates } = reportOf(await audit('drop', ...where, '--drop', '1', '--sample', '4', '--json'))
    expect(candidates.checked).to.be.within(4, 15)
  })

  it('shows people a table, with the verdict below it', async () => {
    const { code, out } = await audit('token', ...where, '--token', String(exhibition.tokens[1]))
    expect(out)
      .to.include(`✓ token ${exhibition.tokens[1]} pixels`)
      .and.include('made again from the seed, bit for bit')
    expect(out).to.include('every link holds').and.include('1 of 1 tokens identical')
    expect(code).to.equal(0)
  })

  it('says by a proof alone that a picture was in the training set or was not, with root and number from the chain', async () => {
    const tree = treeOfDataset(exhibition.dataset)
    const folder = await mkdtemp(join(tmpdir(), 'proof-'))
    const file = join(folder, 'proof.json')
    const chain = [...where.slice(0, 4), '--drop', '1']
    const about = async (proof: DatasetProof, ...root: readonly string[]) => {
      await writeFile(file, canonicalJson(proof))
      return audit('dataset', '--proof', file, ...root, '--json')
    }
    const member = await about(proveFile(tree, tree.digests[0]!), ...chain)
    expect(lastLine(member)).to.include({ verdict: 'ok', claim: 'member', root: tree.root, isCounted: true })
    expect(member.code).to.equal(0)
    const absence = proveFile(tree, sha256(Uint8Array.of(2)))
    const absent = await about(absence, '--root', tree.root)
    expect(lastLine(absent)).to.include({ verdict: 'ok', claim: 'absent', isCounted: false })
    const forged = await about({ ...absence, files: 2 }, ...chain)
    expect(lastLine(forged)).to.have.nested.property('error.code', 'DATASET_PROOF_INVALID')
    expect(forged.code).to.equal(5)
    await rm(folder, { recursive: true })
  })

  it('finds the tampering in three altered copies, and names what was altered', async () => {
    const ended = await audit('rehearse', ...where, '--drop', '1', '--json')
    const report = lastLine(ended) as {
      tried: number
      caught: number
      cases: { object: string; link: string; detail: string }[]
    }
    expect(report).to.include({ tried: 3, caught: 3 })
    const [pixel, score, model] = report.cases
    expect(pixel).to.include({ object: 'images/0.png', link: 'token 65536 artifact' })
    expect(pixel?.detail).to.match(/^pixel \(32, 32\) is #\w{6}, rendered again it is #\w{6}$/u)
    expect(score).to.include({ object: 'manifest.json', link: 'manifest' })
    expect(score?.detail).to.match(/^one score is wrong: rank 0 \(candidate \d+\) says \d+, its logit gives \d+$/u)
    expect(model).to.include({ object: 'the model', link: 'bundle' })
    expect(model?.detail).to.include('the change is in bytes')
    expect(ended.code).to.equal(0)
  })

  it('leaves unchecked what no gateway has, and says where it asked', async () => {
    const args = ['drop', '--rpc', exhibition.rpc, '--contract', exhibition.contract, '--gateway', NOBODY]
    const ended = await audit(...args, '--drop', '1', '--json')
    const report = reportOf(ended)
    expect(ended.code).to.equal(3)
    expect(report.verdict).to.equal('unchecked')
    expect(report.selection).to.equal('unchecked')
    expect(report.identical).to.equal(0)
    expect(linkOf(report, 'seed')?.state).to.equal('ok')
    expect(linkOf(report, 'bundle')).to.include({ state: 'unchecked' })
    expect(linkOf(report, 'bundle')?.detail).to.include(NOBODY)
    expect(report.links.filter(({ state }) => state === 'broken')).to.deep.equal([])
  })

  it('goes to the next gateway when one lies, and tells on it', async () => {
    const image = exhibition.files.get('images/0.png')!
    const liar = await serveBlocks(exhibition.blocks, new Map([[rawCid(sha256(image)), new Uint8Array(9)]]))
    const args = [
      '--rpc',
      exhibition.rpc,
      '--contract',
      exhibition.contract,
      '--gateway',
      liar.url,
      '--gateway',
      gateway.url,
    ]
    const ended = await audit('token', ...args, '--token', '65536', '--json')
    await liar.close()
    expect(ended.code).to.equal(0)
    expect(reportOf(ended).liars).to.deep.equal([liar.url])
  })

  describe('from an archive', () => {
    let folder: string
    let file: string
    let archived: string[]

    /** A CAR of everything, by a writer of its own; one that lies where `change` says so. */
    async function archive(
      change: (cid: string, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes,
    ): Promise<void> {
      const parts: Uint8Array[] = []
      for await (const part of writeCar([exhibition.directory], archivedBlocks(exhibition, change))) parts.push(part)
      await writeFile(file, Buffer.concat(parts))
    }

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'audit-'))
      file = join(folder, 'drop.car')
      archived = ['--rpc', exhibition.rpc, '--contract', exhibition.contract, '--car', file]
    })
    after(() => rm(folder, { recursive: true }))

    it('needs no gateway', async () => {
      await archive()
      const ended = await audit('drop', ...archived, '--drop', '1', '--sample', '2', '--json')
      expect(reportOf(ended).links.filter(({ state }) => state !== 'ok')).to.deep.equal([])
      expect(ended.code).to.equal(0)
    })

    it('believes no block that is not what its CID says, and names the file', async () => {
      await archive((cid, bytes) => (cid === exhibition.bundleCid ? Uint8Array.of(...bytes.slice(0, -1), 1) : bytes))
      const ended = await audit('token', ...archived, '--token', '65536', '--json')
      expect(ended.code).to.equal(5)
      expect(linkOf(reportOf(ended), 'bundle')).to.have.property('state', 'broken')
      const helped = await audit('token', ...archived, '--gateway', gateway.url, '--token', '65536', '--json')
      expect(helped.code).to.equal(0)
      expect(reportOf(helped).liars).to.deep.equal([file])
    })

    it('ends with 2 when the archive ends too early', async () => {
      await archive()
      await writeFile(file, (await readFile(file)).subarray(0, -100))
      const ended = await audit('token', ...archived, '--token', '65536', '--json')
      expect(ended.code).to.equal(2)
      expect(reportOf(ended).error?.code).to.equal('AUDIT_CAR_INVALID')
    })
  })

  it('takes the model from a file, and hashes it all the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'audit-'))
    const file = join(folder, 'model.safetensors')
    await writeFile(file, exhibition.bundle)
    const { code } = await audit('token', ...where, '--token', '65536', '--bundle', file, '--json')
    expect(code).to.equal(0)
    const altered = exhibition.bundle.slice()
    altered[altered.length - 4]! ^= 1
    await writeFile(file, altered)
    const ended = await audit('token', ...where, '--token', '65536', '--bundle', file, '--json')
    await rm(folder, { recursive: true })
    expect(ended.code).to.equal(5)
    expect(linkOf(reportOf(ended), 'bundle')).to.include({ state: 'broken', expected: sha256(exhibition.bundle) })
  })

  it('ends with 3 and a message when the chain is dead', async () => {
    const args = ['--rpc', NOBODY, '--contract', exhibition.contract, '--gateway', gateway.url]
    const ended = await audit('drop', ...args, '--drop', '1', '--json')
    expect(ended.code).to.equal(3)
    expect(reportOf(ended).error?.code).to.equal('AUDIT_CHAIN_UNREACHABLE')
    expect(ended.err).to.include(NOBODY)
  })

  it('ends with 2 when there is no such drop, or no contract', async () => {
    expect((await audit('drop', ...where, '--drop', '7')).code).to.equal(2)
    const elsewhere = ['--rpc', exhibition.rpc, '--contract', `0x${'12'.repeat(20)}`, '--gateway', gateway.url]
    const ended = await audit('drop', ...elsewhere, '--drop', '1')
    expect(ended.code).to.equal(2)
    expect(ended.err).to.include('is it a Drop, and on this chain?')
  })

  it('calls a token that was never minted broken', async () => {
    const ended = await audit('token', ...where, '--token', '65540', '--json')
    expect(ended.code).to.equal(5)
    expect(linkOf(reportOf(ended), 'token 65540 facts')?.state).to.equal('broken')
  })

  describe('of a picture', () => {
    let folder: string
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'audit-'))
    })
    after(() => rm(folder, { recursive: true }))

    const judge = async (name: string, content: Uint8Array) => {
      const path = join(folder, name)
      await writeFile(path, content)
      const ended = await audit('file', path, ...where, '--drop', '1', '--json')
      return { code: ended.code, ...(lastLine(ended) as { kind: string; rank: number | null; detail: string }) }
    }

    it('knows the very file', async () => {
      const verdict = await judge('true.png', exhibition.files.get('images/3.png')!)
      expect(verdict).to.include({ code: 0, kind: 'authentic', rank: 3 })
    })

    it('knows the pixels in another file', async () => {
      const { width, height, rgb } = decodePng(exhibition.files.get('images/3.png')!)
      const verdict = await judge('stripped.png', encodePng({ width, height, rgb }))
      expect(verdict).to.include({ code: 0, kind: 'same-pixels', rank: 3 })
    })

    it('calls a retouched picture an altered copy of its token', async () => {
      const image = decodePng(exhibition.files.get('images/3.png')!)
      image.rgb[300]! ^= 4
      const verdict = await judge('retouched.png', encodePng(image))
      expect(verdict).to.include({ code: 5, kind: 'altered-copy', rank: 3 })
      expect(verdict.detail).to.include('1 pixels differ')
    })

    it('refuses what is no picture that it can read', async () => {
      const path = join(folder, 'text.png')
      await writeFile(path, 'no picture')
      expect((await audit('file', path, ...where, '--drop', '1')).code).to.equal(2)
    })

    it('says of a stranger that it is unknown', async () => {
      const rgb = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i % 96 < 48 ? 255 : 0))
      expect(await judge('stranger.png', encodePng({ width: 32, height: 32, rgb }))).to.include({
        code: 3,
        kind: 'unknown',
        rank: null,
      })
    })
  })
})

/** The audit's report on a drop that was committed with this mischief in it, and how the process ended. */
async function cheat(mischief: Mischief): Promise<Report & { readonly code: number | null }> {
  const exhibition = await stageExhibition(mischief)
  const gateway = await serveBlocks(exhibition.blocks)
  const where = ['--rpc', exhibition.rpc, '--contract', exhibition.contract, '--gateway', gateway.url]
  const ended = await audit('drop', ...where, '--drop', '1', '--full', '--json')
  await gateway.close()
  await exhibition.close()
  const report = reportOf(ended)
  return { ...report, code: ended.code }
}
const rows = (change: (row: Manifest['candidates'][number]) => Partial<Manifest['candidates'][number]>): Mischief => ({
  manifest: (manifest) => ({
    ...manifest,
    candidates: manifest.candidates.map((row) => ({ ...row, ...change(row) })),
  }),
})

describe('audit of a drop of a network with classes', () => {
  const classes = ['Ikat', 'Suzani', 'Batik']

  it('makes every candidate again in the class that follows from its seed, and finds nothing wrong', async () => {
    const report = await cheat({ classes })
    expect(report.links.filter(({ state }) => state !== 'ok')).to.deep.equal([])
    expect(report).to.include({ verdict: 'ok', tokens: 3, identical: 3, selection: 'reproduced', code: 0 })
  })

  it('notices a candidate that was called another class than it is of', async () => {
    const report = await cheat({
      classes,
      ...rows((row) => (row.rank === 9 ? { traits: { ...row.traits, Cloth: `Not ${row.traits['Cloth']}` } } : {})),
    })
    expect(linkOf(report, 'candidates')?.detail).to.include('(rank 9): traits differs')
    expect(report.code).to.equal(5)
  })
})

describe('audit of a drop whose operator cheated', () => {
  it('names the rank and the score that was raised before the commit', async () => {
    const report = await cheat(rows((row) => (row.rank === 2 ? { score: row.score + 1 } : {})))
    expect(report.code).to.equal(5)
    const link = linkOf(report, 'selection')
    expect(link?.state).to.equal('broken')
    expect(link?.detail).to.match(/^rank 2, candidate \d+: score differs$/u)
    expect(Number(link?.actual) - Number(link?.expected)).to.equal(1)
  })

  it('notices a favourite that was moved to the front', async () => {
    const report = await cheat({
      manifest: (manifest) => {
        const [first, second, ...others] = manifest.candidates
        const swapped = [
          { ...second!, rank: 0 },
          { ...first!, rank: 1 },
        ]
        return { ...manifest, candidates: [...swapped, ...others] }
      },
    })
    expect(linkOf(report, 'manifest')?.state).to.equal('ok')
    expect(linkOf(report, 'selection')).to.include({ state: 'broken' })
    expect(linkOf(report, 'selection')?.detail).to.include('index differs')
  })

  it('notices pixels that the network never made', async () => {
    const report = await cheat(rows((row) => (row.rank === 9 ? { pixelDigest: `0x${'77'.repeat(32)}` } : {})))
    expect(linkOf(report, 'candidates')?.detail).to.include('(rank 9): pixelDigest differs')
    expect(report.code).to.equal(5)
  })

  it('notices a picture that does not come from its seed, though all digests agree', async () => {
    let forged: Uint8Array | null = null
    const report = await cheat({
      manifest: (manifest) => {
        forged = encodePng({ width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3).fill(200) })
        const digest = sha256(forged)
        const candidates = manifest.candidates.map((row) => (row.rank === 1 ? { ...row, artifactDigest: digest } : row))
        return { ...manifest, candidates }
      },
      files: (files) => files.map((file) => (file.path === 'images/1.png' ? { ...file, content: forged! } : file)),
    })
    expect(linkOf(report, 'token 65537 facts')?.state).to.equal('ok')
    expect(linkOf(report, 'token 65537 pixels')?.state).to.equal('ok')
    expect(linkOf(report, 'token 65537 artifact')?.state).to.equal('broken')
    expect(report).to.include({ tokens: 3, identical: 2, code: 5 })
  })
})
