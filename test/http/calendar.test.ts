import { expect } from 'chai'
import { calendarFile } from '../../minter/http/calendar.ts'
import { hang } from './exhibit.ts'

const { drop } = await hang({ candidates: 4, edition: 1 })
const phase = drop.phases[0]!
const OPENS = 1_800_000_000

function fileOf(changes: { name?: string; phase?: string } = {}): string {
  const named = { ...drop, name: changes.name ?? drop.name }
  return calendarFile(named, { ...phase, name: changes.phase ?? phase.name }, OPENS, 'http://127.0.0.1/drops/1')
}

describe('minter/http/calendar: calendarFile', () => {
  it('opens when the phase does, in UTC, and ends with it', () => {
    const file = fileOf()
    expect(file).to.include('DTSTART:20270115T080000Z\r\n')
    expect(file).to.match(/DTEND:2027\d{4}T\d{6}Z\r\n/u)
  })

  it('keeps the characters that separate values from doing so', () => {
    expect(fileOf({ name: 'Red, blue; and back\\slash' })).to.include(
      String.raw`SUMMARY:Red\, blue\; and back\\slash: Early list`,
    )
  })

  it('folds lines at 75 bytes, and never within a character', () => {
    const file = fileOf({ name: '織物'.repeat(40) })
    const lines = file.split('\r\n')
    for (const line of lines) expect(Buffer.byteLength(line)).to.be.at.most(75)
    expect(file).not.to.include('\uFFFD')
    expect(file.replaceAll('\r\n ', '')).to.include(`SUMMARY:${'織物'.repeat(40)}: Early list`)
  })

  it('is the same file each time, so that a calendar keeps one entry', () => {
    expect(fileOf()).to.equal(fileOf())
  })
})
