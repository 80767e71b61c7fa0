/** How pieces are spoken of wherever people read: on the pages, in link previews, to those who do not see the picture. */

/** Pieces are counted from one on the wall, while the chain counts ranks from zero. */
export function pieceName(rank: number): string {
  return `No. ${rank + 1}`
}

/** What is on the picture, for those who do not see it. */
export function pictureText(
  rank: number,
  traits: readonly { readonly name: string; readonly value: string }[],
): string {
  return `${pieceName(rank)}: ${traits.map(({ name, value }) => `${name} ${value}`).join(', ')}`
}
