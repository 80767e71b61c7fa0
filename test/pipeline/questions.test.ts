import { expect } from 'chai'
import { Contract, JsonRpcProvider } from 'ethers'
import { contractInterface } from '../../minter/artifacts.ts'
import { developmentWallet } from '../../minter/cli/operator.ts'
import type { OpenRun } from '../../minter/cli/runs.ts'
import type { Studio } from '../../minter/cli/studio.ts'
import { proveRow } from '../../minter/domain/proof.ts'
import { manifestTree } from '../../minter/domain/manifest.ts'
import { type Answers, answerQuestions } from '../../minter/pipeline/questions.ts'
import type { Address, DropChain } from '../../minter/ports.ts'
import { withRendered } from './tiny-studio.ts'

const CANDIDATES = 24
const DROP = 1
const SILENT = { step: () => ({ advance: () => {}, done: () => {} }), note: () => {} }

/** A drop that is committed, and somebody who has no part in it. */
interface Committed {
  readonly studio: Studio
  readonly opened: OpenRun
  readonly collection: Address
  readonly ask: (rank: number) => Promise<void>
  /** Shows a position that was asked for. */
  readonly show: (rank: number) => Promise<void>
  readonly answerAll: (chain?: DropChain) => Promise<Answers>
}

async function withCommitted(work: (committed: Committed) => Promise<void>): Promise<void> {
  await withRendered(CANDIDATES, async (studio, opened) => {
    await opened.steps.commit()
    const { collection } = await opened.steps.left('register')
    const { manifest } = await opened.steps.chosen()
    const tree = manifestTree(manifest.candidates, DROP)
    const provider = new JsonRpcProvider(studio.access.url, undefined, { cacheTimeout: -1 })
    const stranger = developmentWallet(5).connect(provider)
    const desk = new Contract(collection, contractInterface('IDrop'), stranger)
    const send = async (name: string, ...values: unknown[]): Promise<void> => {
      await (await desk.getFunction(name)(...values)).wait()
    }
    const value: unknown = await desk.getFunction('askStake')(DROP)
    const tools = { access: studio.access, progress: SILENT, signal: new AbortController().signal }
    try {
      await work({
        studio,
        opened,
        collection,
        ask: (rank) => send('ask', DROP, rank, { value }),
        show: (rank) => send('answer', DROP, proveRow(manifest.candidates[rank]!, DROP, tree)),
        answerAll: (chain = studio.chain) => answerQuestions({ ...tools, chain }, collection, manifest),
      })
    } finally {
      provider.destroy()
    }
  })
}

describe('minter/pipeline/questions answerQuestions', () => {
  it('shows every position that was asked for, after which the drop has no question open; again it does nothing', async () => {
    await withCommitted(async ({ studio, collection, ask, answerAll }) => {
      await ask(CANDIDATES - 1)
      await ask(0)
      expect(await studio.chain.dropOf(collection, DROP)).to.have.property('questions', 2)
      expect(await answerAll()).to.deep.equal({ answered: [CANDIDATES - 1, 0], byOthers: [] })
      expect(await studio.chain.dropOf(collection, DROP)).to.have.property('questions', 0)
      const { number } = await studio.access.head()
      expect(await answerAll()).to.deep.equal({ answered: [], byOthers: [] })
      expect((await studio.access.head()).number).to.equal(number)
    })
  })

  it('goes on when somebody else answers first', async () => {
    await withCommitted(async ({ studio, ask, show, answerAll }) => {
      await ask(2)
      await ask(3)
      const overtaken: DropChain = Object.create(studio.chain, {
        questionsOf: {
          value: async (...where: Parameters<DropChain['questionsOf']>) => {
            const open = await studio.chain.questionsOf(...where)
            await show(2)
            return open
          },
        },
      })
      expect(await answerAll(overtaken)).to.deep.equal({ answered: [3], byOthers: [2] })
    })
  })

  it('throws QUESTION_OVERDUE with the rank when the time to answer is over', async () => {
    await withCommitted(async ({ studio, collection, ask, answerAll }) => {
      await ask(1)
      const [question] = await studio.chain.questionsOf(collection, DROP)
      await studio.access.waitForTime(question!.deadline + 1, new AbortController().signal)
      const error = await answerAll().catch((failure: unknown) => failure)
      expect(error).to.have.property('code', 'QUESTION_OVERDUE')
      expect(String(error)).to.include('rank 1 by ')
    })
  })
})

describe('minter/pipeline/close-step closeDrop', () => {
  it('waits until what the last answer showed could be challenged', async () => {
    await withCommitted(async ({ studio, opened, collection, ask, answerAll }) => {
      await ask(1)
      await answerAll()
      const { liveAt, closableAt } = await studio.chain.dropOf(collection, DROP)
      expect(closableAt).to.be.above(liveAt)
      await opened.steps.publish()
      await opened.steps.open()
      await opened.steps.close()
      expect(await studio.chain.dropOf(collection, DROP)).to.have.property('state', 'closed')
    })
  })
})
