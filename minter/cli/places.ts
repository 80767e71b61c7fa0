import { isIP } from 'node:net'
import { gatewayReader } from '../adapters/http-gateway.ts'
import { kuboAddresses, openKuboStore } from '../adapters/kubo-store.ts'
import { openPinningService } from '../adapters/pinning-service.ts'
import type { Config, PinningServiceSettings } from '../config.ts'
import { ConfigInvalid } from '../errors.ts'
import { placeOf } from '../pipeline/pins.ts'
import type { ContentStore, PinPlace } from '../ports.ts'
import { openOrigin, type OpenOrigin } from './origin.ts'

/** Who keeps copies, ours first. */
export interface OpenPlaces {
  readonly places: readonly [PinPlace, ...PinPlace[]]
  close(): Promise<void>
}

/**
 * A web address as pinning services want to be told of it.
 *
 * @see https://github.com/multiformats/multiaddr
 */
export function multiaddrOf(address: string): string {
  const { protocol, hostname, port } = new URL(address)
  const host = hostname.replace(/^\[|\]$/gu, '')
  const version = isIP(host)
  const secure = protocol === 'https:'
  return `/${version === 0 ? 'dns' : `ip${version}`}/${host}/tcp/${port || (secure ? 443 : 80)}${secure ? '/tls' : ''}/http`
}

/** Opens every place that the surroundings name; nothing is asked of any of them yet. */
export function openPlaces(store: ContentStore, config: Config): OpenPlaces {
  const kubo = config.kubo === undefined ? null : openKuboStore(config.kubo)
  const read = config.kuboGateway === undefined ? undefined : gatewayReader('kubo', config.kuboGateway)
  const origin = config.origin === undefined ? null : openOrigin(config.origin, store)
  const services = config.pinning.map((settings) => servicePlace(config, origin, settings))
  return {
    places: [placeOf('embedded', store), ...(kubo === null ? [] : [placeOf('kubo', kubo, read)]), ...services],
    close: async () => {
      await origin?.close()
      await kubo?.close()
    },
  }
}

/** A service fetches the blocks from us or from our Kubo node. */
function servicePlace(config: Config, opened: OpenOrigin | null, settings: PinningServiceSettings): PinPlace {
  const { origin, kubo } = config
  if (opened === null && kubo === undefined) {
    throw new ConfigInvalid(
      `the pinning service ${settings.name} has nowhere to fetch from: set LATENTMINT_ORIGIN or LATENTMINT_KUBO`,
      'environment',
    )
  }
  const origins = async (): Promise<readonly string[]> => [
    ...(origin === undefined ? [] : [multiaddrOf(origin.url)]),
    ...(kubo === undefined ? [] : await kuboAddresses(kubo)),
  ]
  const service = openPinningService({
    ...settings,
    origins,
    readBlock: gatewayReader(settings.name, settings.gateway),
  })
  return {
    ...service,
    pin: async (wish, signal) => {
      await opened?.serve(wish.cid)
      await service.pin(wish, signal)
    },
  }
}
