const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Markup that is already safe; everything else is escaped when it enters a page. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = string | number | Markup | readonly Markup[]

/** Text as it may stand in an element or in a quoted attribute. */
function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/gu, (character) => ENTITIES[character] ?? character)
}

/** A template whose holes are escaped, unless they hold markup. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, i) => text + (i < parts.length ? partText(parts[i]!) : '')).join(''))
}

function partText(part: Part): string {
  if (part instanceof Markup) return part.text
  if (typeof part === 'string') return escapeHtml(part)
  if (typeof part === 'number') return String(part)
  return part.map((markup) => markup.text).join('')
}

/** @param css a constant of the program: nothing of it is escaped, so that no hole of a page may ever reach it */
export function styleSheet(css: string): Markup {
  return new Markup(`<style>${css}</style>`)
}

export const nothing = new Markup('')

/** 12,345: the page looks the same whatever the reader's locale, so Intl stays out. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/gu, ',')
}

/** A 16-bit mark as a percentage with one decimal. */
export function percent(mark: number): string {
  return (Math.floor((mark * 1000) / 65535) / 10).toFixed(1)
}
