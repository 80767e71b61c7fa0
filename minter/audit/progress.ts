/** Says how far a long count has come. */
export interface Counter {
  advance(done: number, total: number): void
  /** Clears the line, so that the next one starts clean. */
  end(): void
}

interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
}

/**
 * A line with rate and remaining time; rewritten in place on a terminal, otherwise one every few seconds.
 *
 * @param now milliseconds
 */
export function createCounter(output: Output, what: string, now: () => number): Counter {
  const terminal = output.isTTY === true
  const interval = terminal ? 200 : 5000
  let started: number | null = null
  let last = 0
  let shown = false
  return {
    advance(done, total) {
      const time = now()
      started ??= time
      if (time - last < interval && done < total) return
      last = time
      const line = counterLine(what, done, total, (time - started) / 1000)
      output.write(terminal ? `\r\u001b[2K${line}` : `${line}\n`)
      shown = true
    },
    end() {
      if (terminal && shown) output.write('\r\u001b[2K')
      shown = false
    },
  }
}

/** `candidates 120 of 1000, 84/s, 10 s left`; the rate is left out until there is one. */
export function counterLine(what: string, done: number, total: number, seconds: number): string {
  const count = `${what} ${done} of ${total}`
  if (seconds < 0.5 || done === 0) return count
  const rate = done / seconds
  const left = Math.ceil((total - done) / rate)
  const remaining = left >= 120 ? `${Math.floor(left / 60)} min ${left % 60} s left` : `${left} s left`
  return `${count}, ${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)}/s${done < total ? `, ${remaining}` : ''}`
}
