const [WIDTH, HEIGHT] = [800, 400]
const PLOT = { left: 56, right: 600, top: 24, bottom: 350 } as const

const LINES = {
  loop: { label: 'the loop', colour: '#a8412f', width: 3 },
  sales: { label: 'the loop, sales alone', colour: '#b97f24', width: 2 },
  fixed: { label: 'the first policy for ever', colour: '#75685a', width: 2 },
  uniform: { label: 'uniform choice', colour: '#31456f', width: 3 },
} as const

/** How many pieces sold in each drop, on average over all trials, as an SVG document. */
export function salesChart(sold: Readonly<Record<keyof typeof LINES, readonly number[]>>, edition: number): string {
  const most = edition
  const drops = sold.loop.length
  const x = (drop: number): string => (PLOT.left + ((PLOT.right - PLOT.left) * drop) / (drops - 1)).toFixed(1)
  const y = (pieces: number): string => (PLOT.bottom - ((PLOT.bottom - PLOT.top) * pieces) / most).toFixed(1)
  const grid = [0, 5, 10, 15, 20].filter((pieces) => pieces <= most)
  const labels = spread(Object.entries(LINES).map(([arm, line]) => ({ ...line, at: Number(y(lastOf(sold, arm))) })))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#f6f1e7"/>`,
    ...grid.map(
      (pieces) =>
        `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y(pieces)}" y2="${y(pieces)}" stroke="#ddd2bf"/><text x="${PLOT.left - 10}" y="${Number(y(pieces)) + 4}" text-anchor="end" fill="#75685a">${pieces}</text>`,
    ),
    ...sold.loop.map(
      (_, drop) =>
        `<text x="${x(drop)}" y="${PLOT.bottom + 22}" text-anchor="middle" fill="#75685a">${drop + 1}</text>`,
    ),
    `<text x="${(PLOT.left + PLOT.right) / 2}" y="${HEIGHT - 8}" text-anchor="middle" fill="#75685a">drop</text>`,
    `<text x="${PLOT.left}" y="14" fill="#75685a">pieces sold of ${edition}</text>`,
    ...Object.entries(LINES).map(([arm, { colour, width }]) => {
      const points = (Object.entries(sold).find(([name]) => name === arm)?.[1] ?? []).map(
        (pieces, drop) => `${x(drop)},${y(pieces)}`,
      )
      return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"/>`
    }),
    ...labels.map(
      ({ label, colour, at }) => `<text x="${PLOT.right + 10}" y="${at + 4}" fill="${colour}">${label}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

function lastOf(sold: Readonly<Record<string, readonly number[]>>, arm: string): number {
  return sold[arm]?.at(-1) ?? 0
}

/** Moves labels apart that would stand on each other. */
function spread<T extends { readonly at: number }>(labels: readonly T[]): readonly T[] {
  let free = 0
  return labels
    .toSorted((a, b) => a.at - b.at)
    .map((label) => {
      const at = Math.max(label.at, free)
      free = at + 17
      return { ...label, at }
    })
}
