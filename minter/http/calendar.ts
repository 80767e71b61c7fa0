import type { DropRecord, PhaseRecord } from './deps.ts'

/** RFC 5545 counts bytes, the line's end left out. */
const LINE_BYTES = 75

/**
 * The opening of a phase as a file for calendars (iCalendar, RFC 5545).
 *
 * @param opensAt Unix seconds; later than the phase's own start while the selection can still be challenged
 * @param address the drop's page
 */
export function calendarFile(drop: DropRecord, phase: PhaseRecord, opensAt: number, address: string): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//latentmint//drop//EN',
    'BEGIN:VEVENT',
    `UID:${drop.collection}-${drop.drop}-${phase.phase}@latentmint`,
    // The same announcement makes the same file, so that a calendar which gets it twice keeps one entry.
    `DTSTAMP:${stamp(phase.startsAt)}`,
    `DTSTART:${stamp(opensAt)}`,
    `DTEND:${stamp(phase.endsAt)}`,
    `SUMMARY:${escapeText(`${drop.name}: ${phase.name}`)}`,
    `URL:${address}`,
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-PT10M',
    `DESCRIPTION:${escapeText(`${phase.name} opens in ten minutes`)}`,
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
  ]
  return `${lines.map(fold).join('\r\n')}\r\n`
}

function stamp(time: number): string {
  return new Date(time * 1000).toISOString().replaceAll(/[-:]|\.\d+/gu, '')
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\;,]/gu, String.raw`\$&`).replaceAll(/\r?\n/gu, String.raw`\n`)
}

/** Breaks a long line between characters, never within one; each further line begins with a space. */
function fold(line: string): string {
  const parts = ['']
  let bytes = 0
  for (const character of line) {
    const size = Buffer.byteLength(character)
    if (bytes + size > LINE_BYTES) {
      parts.push(' ')
      bytes = 1
    }
    parts[parts.length - 1] += character
    bytes += size
  }
  return parts.join('\r\n')
}
