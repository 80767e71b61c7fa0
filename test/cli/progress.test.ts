import { expect } from 'chai'
import { createProgress } from '../../minter/cli/progress.ts'

function recorder(isTTY: boolean): { text: string; write: (part: string) => void; isTTY: boolean } {
  const kept = { text: '', isTTY, write: (part: string) => void (kept.text += part) }
  return kept
}

describe('minter/cli/progress createProgress', () => {
  it('draws a bar with rate and time left on a terminal', () => {
    let now = 0
    const terminal = recorder(true)
    const step = createProgress({ terminal, silent: false, now: () => now }).step('render', 100)
    now = 1000
    step.advance(25)
    expect(terminal.text).to.match(/\[======\s+\] 25\/100 {2}25\/s {2}ETA 3 s/u)
    now = 4000
    step.done('100 candidates')
    expect(terminal.text).to.match(/render {7}100 candidates {2}\(4\.0 s\)\n$/u)
  })

  it('writes a plain line every few seconds elsewhere', () => {
    let now = 0
    const terminal = recorder(false)
    const step = createProgress({ terminal, silent: false, now: () => now }).step('render', 100)
    now = 1000
    step.advance(10)
    expect(terminal.text).to.equal('')
    now = 6000
    step.advance(20)
    expect(terminal.text).to.equal('render       30/100  5.0/s  ETA 14 s\n')
  })

  it('says nothing when only the result is wanted', () => {
    const terminal = recorder(true)
    const progress = createProgress({ terminal, silent: true, now: () => 0 })
    progress.note('a line')
    progress.step('render', 2).done('done')
    expect(terminal.text).to.equal('')
  })
})
