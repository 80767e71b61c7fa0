import { browserStorage } from './browser-storage.ts'

const KEY = 'latentmint:saved'

function savedPieces(): ReadonlySet<string> {
  return new Set((browserStorage()?.getItem(KEY) ?? '').split(' ').filter((piece) => piece !== ''))
}

/** Whether this browser keeps the piece in mind; nobody else knows. */
export function isSaved(drop: number, rank: number): boolean {
  return savedPieces().has(`${drop}/${rank}`)
}

/** Keeps a piece in mind, or no longer. */
export function keepSaved(drop: number, rank: number, saved: boolean): void {
  const pieces = new Set(savedPieces())
  if (saved) pieces.add(`${drop}/${rank}`)
  else pieces.delete(`${drop}/${rank}`)
  browserStorage()?.setItem(KEY, [...pieces].join(' '))
}
