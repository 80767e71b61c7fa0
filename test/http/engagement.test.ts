import { expect } from 'chai'
import type { HttpDeps } from '../../minter/http/deps.ts'
import { type Exhibit, hang } from './exhibit.ts'
import { listen, type Listening } from './listen.ts'

type Acts = Parameters<HttpDeps['engagement']['count']>[1]

describe('minter/http/engagement', () => {
  let exhibit: Exhibit
  let server: Listening
  let counted: Acts[] = []
  let minute = 0

  before(async () => {
    exhibit = await hang({ candidates: 8, edition: 3 })
    const engagement = {
      count: async (_drop: number, acts: Acts) => {
        counted.push(acts)
      },
    }
    server = await listen({ ...exhibit.deps, engagement, now: () => minute * 60_000 })
  })
  beforeEach(() => {
    counted = []
    minute++
  })
  after(() => server.close())

  const report = (body: unknown): Promise<Response> => server.post('/api/v1/drops/1/engagement', body)

  it('counts an act with a piece of the edition once a batch, and no other piece', async () => {
    const view = { rank: 2, act: 'view' }
    const response = await report({ acts: [view, view, { rank: 3, act: 'save' }] })
    expect(await response.json()).to.deep.equal({ counted: 1 })
    expect(counted).to.deep.equal([[view]])
  })

  const refused: readonly (readonly [string, unknown])[] = [
    [
      'a wallet beside the acts',
      { acts: [{ rank: 0, act: 'view' }], wallet: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8' },
    ],
    ['a wallet in an act', { acts: [{ rank: 0, act: 'view', wallet: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8' }] }],
    ['an act that is none', { acts: [{ rank: 0, act: 'sell' }] }],
    ['more than 64 acts', { acts: Array.from({ length: 65 }, (_, rank) => ({ rank, act: 'view' })) }],
    ['no acts', { acts: [] }],
  ]
  for (const [what, body] of refused) {
    it(`answers HTTP_BAD_REQUEST to ${what}, and counts nothing`, async () => {
      const response = await report(body)
      expect(response.status).to.equal(400)
      expect(await response.json()).to.have.property('code', 'HTTP_BAD_REQUEST')
      expect(counted).to.deep.equal([])
    })
  }

  it('answers TOO_MANY_REQUESTS to the thirteenth batch of a visitor in a minute', async () => {
    const batches = Array.from({ length: 13 }, () => report({ acts: [{ rank: 0, act: 'view' }] }))
    const statuses = (await Promise.all(batches)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).to.have.length(12)
    expect(statuses).to.include(429)
    expect(counted).to.have.length(12)
  })
})
