import { useEffect, useState } from 'preact/hooks'

/** How far the chain's clock is ahead of this computer's, in seconds; null until a head was seen. */
let offset: number | null = null

/** A head is a little older when it arrives than when it was made, so that the largest offset seen is the truest. */
export function setByHead(time: number): void {
  const seen = time - Date.now() / 1000
  offset = offset === null ? seen : Math.max(offset, seen)
}

/** Unix seconds by the chain's clock. */
export function chainNow(): number {
  return Date.now() / 1000 + (offset ?? 0)
}

/** The chain's time, kept moving each second while something on the page counts down. */
export function useChainTime(): number {
  const [time, setTime] = useState(chainNow)
  useEffect(() => {
    const timer = setInterval(() => setTime(chainNow()), 1000)
    return () => clearInterval(timer)
  }, [])
  return time
}
