import type { DropRecord, PhaseRecord } from './deps.ts'

/** RFC 5545 counts bytes, the line's end left out. */
const LINE_BYTES = 75

/** One thing that happens, for calendars. */
export interface CalendarEvent {
  /** The same in every copy of the file. */
  readonly uid: string
  /** Unix seconds, all of them. */
  readonly stampedAt: number
  readonly startsAt: number
  readonly endsAt: number
  readonly summary: string
  /** What is said ten minutes before. */
  readonly reminder: string
  readonly url?: string
}

/** Things that happen as a file for calendars (iCalendar, RFC 5545). */
export function calendarOf(events: readonly CalendarEvent[]): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//latentmint//drop//EN',
    ...events.flatMap(({ uid, stampedAt, startsAt, endsAt, summary, reminder, url }) => [
      'BEGIN:VEVENT',
      `UID:${uid}@latentmint`,
      `DTSTAMP:${stamp(stampedAt)}`,
      `DTSTART:${stamp(startsAt)}`,
      `DTEND:${stamp(endsAt)}`,
      `SUMMARY:${escapeText(summary)}`,
      ...(url === undefined ? [] : [`URL:${url}`]),
      'BEGIN:VALARM',
      'ACTION:DISPLAY',
      'TRIGGER:-PT10M',
      `DESCRIPTION:${escapeText(reminder)}`,
      'END:VALARM',
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ]
  return `${lines.map(fold).join('\r\n')}\r\n`
}

/**
 * The opening of a phase as a file for calendars (iCalendar, RFC 5545).
 *
 * @param opensAt Unix seconds; later than the phase's own start while the selection can still be challenged
 * @param address the drop's page
 */
export function calendarFile(drop: DropRecord, phase: PhaseRecord, opensAt: number, address: string): string {
  return calendarOf([
    {
      uid: `${drop.collection}-${drop.drop}-${phase.phase}`,
      // The same announcement makes the same file, so that a calendar which gets it twice keeps one entry.
      stampedAt: phase.startsAt,
      startsAt: opensAt,
      endsAt: phase.endsAt,
      summary: `${drop.name}: ${phase.name}`,
      reminder: `${phase.name} opens in ten minutes`,
      url: address,
    },
  ])
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
