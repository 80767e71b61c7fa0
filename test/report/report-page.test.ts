import { expect } from 'chai'
import { sha256 } from '../../minter/domain/digest.ts'
import { reportPage } from '../../minter/report/report-page.ts'
import type { Report } from '../../minter/report/report.ts'

const digest = (text: string) => sha256(new TextEncoder().encode(text))

const candidates = Array.from({ length: 100 }, (_, rank) => ({
  rank,
  score: 65_535 - rank * 600,
  rarity: 40_000,
  demand: 32_768,
  reason: 0,
  traits: { ground: rank % 3 === 0 ? 'madder' : 'indigo' },
}))

const report: Report = {
  name: 'Caravan Cloth',
  story: 'Dyed by a network.',
  drop: 3,
  chainId: 31_337,
  collection: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
  candidates,
  funnel: {
    candidates: 100,
    binding: 'edition size',
    steps: [
      { filter: 'score', fell: 40, left: 60 },
      { filter: 'rarity', fell: 0, left: 60 },
      { filter: 'edition size', fell: 58, left: 2 },
    ],
  },
  thresholds: { score: 30_000, rarity: 0, demand: 0 },
  weights: { score: 2, rarity: 1, demand: 1 },
  pieces: candidates.slice(0, 2).map((candidate) => ({
    ...candidate,
    tokenId: String((3 << 16) | candidate.rank),
    index: 50 - candidate.rank,
    seed: digest(`seed ${candidate.rank}`),
    rarityBits: 7.25,
    pixelDigest: digest(`pixels ${candidate.rank}`),
    artifactDigest: digest(`file ${candidate.rank}`),
    image: `images/${candidate.rank}.png`,
  })),
  vetoes: [{ index: 17, reason: 'Reads as a letter.' }],
  contactSheet: 'contact-sheet.png',
  provenance: {
    masterSeed: digest('master'),
    seedBlock: 42,
    policyDigest: digest('policy'),
    modelId: digest('model'),
    bundleDigest: digest('bundle'),
    recipeDigest: digest('recipe'),
    datasetRoot: digest('dataset'),
    root: digest('root'),
    directory: 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
    archive: { name: '1f00.car', digest: digest('archive'), bytes: 7_340_032 },
  },
  model: { name: 'looms-64', kimg: 12.432, licence: 'CC0-1.0' },
  dataset: { name: 'Procedural ikat', files: 4096, licence: 'CC0-1.0' },
  check: { rpc: 'http://127.0.0.1:8545', gateway: 'http://127.0.0.1:8787' },
}

describe('report page', () => {
  const page = reportPage(report)

  it('shows every piece with its rank, rarity and digests', () => {
    for (const piece of report.pieces) {
      expect(page).to.include(`Rank ${piece.rank}`).and.include(piece.image).and.include(piece.tokenId)
      expect(page).to.include(piece.seed).and.include(piece.pixelDigest).and.include(piece.artifactDigest)
    }
    expect(page).to.include('7.25 bits')
  })

  it('says at which filter how many fell, and which one decided', () => {
    expect(page).to.include('score below the bar').and.include('40 fell')
    expect(page).to.include('rarity below the bar: none fell')
    expect(page).to.match(/58 fell, and this decided/u)
  })

  it('gives the digests of the whole trail, and commands that check it', () => {
    const { seedBlock, directory, archive, ...digests } = report.provenance
    for (const value of Object.values(digests)) expect(page).to.include(value)
    expect(page).to.include(`block ${seedBlock}`).and.include(directory)
    expect(page).to.include(archive?.digest).and.include('--car 1f00.car')
    expect(page).to.include(
      './latentmint audit drop 3 --full --rpc http://127.0.0.1:8545 --contract 0x5fbdb2315678afecb367f032d93f642f64180aa3',
    )
  })

  it('shows a curator’s vetoes with their reasons', () => {
    expect(page).to.include('Candidate 17').and.include('Reads as a letter.')
  })

  it('is one file without script', () => {
    expect(page).to.match(/^<!doctype html>/u)
    expect(page).to.not.match(/<script|<link|@import|\son\w+=/u)
  })

  it('escapes whatever a policy file says', () => {
    const hostile = reportPage({ ...report, name: '<script>alert(1)</script>', story: '"& \'' })
    expect(hostile).to.not.include('<script>')
    expect(hostile).to.include('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(hostile).to.include('&quot;&amp; &#39;')
  })

  it('counts the pictures of a training that ended between two thousands', () => {
    expect(page).to.include('<strong>12,432</strong>')
  })

  it('lets the first paragraph of a story lead, and the others follow', () => {
    const long = reportPage({ ...report, story: 'First lines\nof it.\n\nThen more.\n' })
    expect(long).to.match(/<p class="lead">First lines\s+of it\.<\/p>\s*<p class="lead more">Then more\.<\/p>/u)
  })

  it('tells of a drop that nobody passed, without a picture', () => {
    const empty = reportPage({ ...report, pieces: [], contactSheet: null, vetoes: [] })
    expect(empty).to.include('Nothing passed, so nothing is for sale').and.not.include('<img')
  })
})
