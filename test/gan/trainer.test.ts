import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'chai'
import { readCheckpoint, writeCheckpoint } from '../../gan/training/checkpoint.ts'
import { createTrainer } from '../../gan/training/trainer.ts'
import { LOOP_CONFIG, loopRows, loopStart, officialDraws } from './parity/loop-vectors.ts'
import { startBackend } from './vectors.ts'

describe('the training loop', () => {
  before(startBackend)

  it('gives the official losses and weights over 17 iterations, and leaves nothing behind', async () => {
    const before = tf.memory().numTensors
    const rows = await loopRows()
    expect(rows.map(({ phase }) => phase)).to.deep.equal([
      'losses, 17 iterations',
      'weights after 1',
      'weights after 17',
    ])
    for (const row of rows) expect(row).to.include({ isWithin: true })
    expect(Math.min(...rows.map(({ tensors }) => tensors))).above(40)
    expect(tf.memory().numTensors).to.equal(before)
  })

  it('goes on from a checkpoint exactly as it would have without the interruption', async () => {
    const straight = createTrainer(LOOP_CONFIG, loopStart(), officialDraws)
    for (let iteration = 0; iteration < 5; iteration++) await straight.step(false)

    const first = createTrainer(LOOP_CONFIG, loopStart(), officialDraws)
    for (let iteration = 0; iteration < 3; iteration++) await first.step(false)
    const { state, about } = readCheckpoint(writeCheckpoint(await first.state(), 'a note'))
    expect(about).to.equal('a note')
    const second = createTrainer(LOOP_CONFIG, state, officialDraws)
    for (let iteration = 3; iteration < 5; iteration++) await second.step(false)

    expect(writeCheckpoint(await second.state(), '')).to.deep.equal(writeCheckpoint(await straight.state(), ''))
    for (const trainer of [straight, first, second]) trainer.dispose()
  })
})
