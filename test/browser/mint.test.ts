import { expect } from 'chai'
import { INVITED, LISTED } from './house.ts'
import { SHOTS } from './looks.ts'
import { ALSO_FREE, CHAIN, FREE, TAKEN, visiting } from './shared-house.ts'
import { developmentWallet } from './wallet.ts'

const HOUR = 3600
/** What the exhibition's policy announces, in hours after the announcement; it is opened after the first. */
const [LIST_ALONE, NOTHING_OPEN, ENCORE] = [48, 60, 72]

describe('minting in Chromium', function () {
  const visit = visiting(this)
  const { complaints, connect, house, page } = visit

  const button = () => page().locator('.mint .primary')
  /** Waits until the button says it. */
  const says = (label: RegExp) => button().filter({ hasText: label }).waitFor()
  const notes = (text: RegExp) => page().locator('.mint').filter({ hasText: text }).waitFor()
  const send = (method: string, ...params: unknown[]): Promise<unknown> => house().provider.send(method, params)
  const chainTime = async () => {
    const { timestamp } = (await send('eth_getBlockByNumber', 'pending', false)) as { timestamp: string }
    return Number(timestamp)
  }
  const phaseStart = async (phase: number): Promise<number> => {
    const answer = await fetch(`${house().url}/api/v1/drops/1`)
    const { phases } = (await answer.json()) as { phases: { startsAt: number }[] }
    return phases[phase]!.startsAt
  }
  /** Moves the chain to so many hours after the announcement. */
  const goTo = async (hours: number, seconds: number = 60): Promise<void> => {
    const announced = (await phaseStart(0)) - HOUR
    await send('evm_increaseTime', announced + hours * HOUR + seconds - (await chainTime()))
    await send('evm_mine')
  }
  const ownerOf = async (rank: number) => {
    const answer = await fetch(`${house().url}/api/v1/drops/1/pieces/${rank}`)
    return ((await answer.json()) as { owner: string | null }).owner
  }

  const mintUnmined = async (account: number) => {
    await send('evm_setAutomine', false)
    const wallet = await connect(account)
    await says(/^Mint no\. 3/u)
    await button().click()
    await says(/^Sent, waiting for a block/u)
    return wallet
  }

  describe('in each phase', () => {
    it('gives the piece to a passer-by in the public one, tried out before it is signed', async () => {
      const wallet = await connect(4)
      await says(/^Mint no\. 3 for 0\.01 ETH$/u)
      await notes(/network fee/u)
      await button().click()
      await says(/^No\. 3 is yours$/u)
      await notes(/finalised block/u)
      expect(wallet.asked.indexOf('eth_call')).to.be.lessThan(wallet.asked.indexOf('eth_sendTransaction'))
      expect(await ownerOf(FREE)).to.equal(wallet.address)
      expect(complaints).to.deep.equal([])
    })

    it('takes the cheaper price of the list for who is on it', async () => {
      const wallet = await connect(LISTED)
      await says(/^Mint no\. 3 for 0\.005 ETH$/u)
      await button().click()
      await says(/^No\. 3 is yours$/u)
      expect(await ownerOf(FREE)).to.equal(wallet.address)
    })

    it('redeems the voucher of who was invited', async () => {
      const wallet = await connect(INVITED)
      await says(/^Mint no\. 3 for 0\.007 ETH$/u)
      await notes(/“Invited”/u)
      await button().click()
      await says(/^No\. 3 is yours$/u)
      expect(await ownerOf(FREE)).to.equal(wallet.address)
    })

    it('counts down by the chain’s clock, opens, and asks a falling price', async () => {
      await goTo(ENCORE, -5)
      const wallet = await connect(5)
      await says(/^Opens in [1-5] s$/u)
      await notes(/“Encore” has not opened yet/u)
      await send('evm_increaseTime', 10)
      await says(/^Mint no\. 3 for 0\.0(?:19999|2)/u)
      await notes(/The price falls by the second/u)
      await button().click()
      await says(/^No\. 3 is yours$/u)
      expect(await ownerOf(FREE)).to.equal(wallet.address)
    })
  })

  describe('when it cannot be', () => {
    it('is rejected quietly when the owner of the wallet says no', async () => {
      const wallet = await connect(3)
      wallet.answer = 'reject'
      await says(/^Mint no\. 3 for 0\.01 ETH/u)
      await button().click()
      await page().locator('.mint .primary[aria-busy=false]').waitFor()
      expect(wallet.asked).to.include('eth_sendTransaction')
      expect(await button().innerText()).to.match(/^Mint no\. 3/u)
      expect(await page().locator('.mint [role=alert]').count()).to.equal(0)
    })

    it('says that the wallet is still asking something else', async () => {
      const wallet = await connect(3)
      wallet.answer = 'busy'
      await says(/^Mint no\. 3/u)
      await button().click()
      await notes(/already asking you something/u)
      expect(await button().innerText()).to.equal('Try again')
    })

    it('switches a wallet that is on another network, and adds the network where it is new', async () => {
      const wallet = await connect(3, { chainId: 1 })
      wallet.chains.delete(CHAIN)
      await says(/^Switch to Small chain$/u)
      await button().click()
      await says(/^Mint no\. 3/u)
      expect(wallet.chainId).to.equal(CHAIN)
      expect(wallet.asked).to.include('wallet_addEthereumChain')
    })

    it('follows a wallet that shows another account or network by itself', async () => {
      const wallet = await connect(3)
      await says(/^Mint no\. 3/u)
      await page().evaluate(`emitFromWallet('chainChanged', '0x1')`)
      await says(/^Switch to Small chain$/u)
      await page().evaluate(`emitFromWallet('chainChanged', '0x7a69')`)
      const other = developmentWallet(LISTED).address
      await page().evaluate(`emitFromWallet('accountsChanged', ['${other}'])`)
      await says(/0\.005 ETH/u)
      // The wallet itself still shows the first account: nothing may be signed in the other's name.
      await button().click()
      await notes(/shows another account now/u)
      expect(wallet.asked).not.to.include('eth_sendTransaction')
      await page().evaluate(`emitFromWallet('accountsChanged', [])`)
      await button().click()
      await says(/^Choose a wallet to mint$/u)
    })

    it('says when nothing is open, and that it is over when all is', async () => {
      await goTo(NOTHING_OPEN)
      await connect(3)
      await says(/^Opens in 11 h 5\d min$/u)
      await goTo(97)
      await says(/^The sale is over$/u)
    })

    it('tells who is not on the list that they are not', async () => {
      await goTo(LIST_ALONE)
      await connect(3)
      await says(/^Not on the list$/u)
      await notes(/not on the list of “List”/u)
    })

    it('says that a wallet has had its share', async () => {
      await goTo(ENCORE)
      await house().mintElsewhere(ALSO_FREE, 3, 3)
      await connect(3)
      await says(/^Limit reached$/u)
      await notes(/the one piece that it may have/u)
    })

    it('says by how much a wallet falls short, the network’s fee included, before anything is signed', async () => {
      const wallet = await connect(7)
      await says(/^Mint/u)
      await send('hardhat_setBalance', wallet.address, '0x1')
      await says(/^Not enough in this wallet$/u)
      await notes(/ETH are missing, the network’s fee included/u)
    })

    it('says that a piece was taken a moment ago, and sends nothing', async () => {
      const wallet = await connect(5)
      await says(/^Mint no\. 3/u)
      await house().mintElsewhere(FREE, 6)
      await button().click()
      await page()
        .locator('.mint')
        .filter({ hasText: /someone else|taken a moment ago/iu })
        .waitFor()
      expect(wallet.asked).not.to.include('eth_sendTransaction')
    })

    it('says on the drop’s page that it is sold out', async () => {
      await house().mintElsewhere(FREE, 6)
      await house().mintElsewhere(ALSO_FREE, 6)
      await page().goto(`${house().url}/drops/1`)
      await page().locator('.offer').filter({ hasText: 'Sold out' }).waitFor()
    })

    it('shows who has a piece that somebody has', async () => {
      await visit.openPiece(TAKEN)
      expect(await page().locator('.owned').innerText()).to.match(/^In the hands of 0x/u)
    })
  })

  describe('once it is sent', () => {
    it('goes on after a reload, and after the tab was closed', async () => {
      await mintUnmined(8)
      expect(new URL(page().url()).searchParams.get('tx')).to.match(/^0x[0-9a-f]{64}$/u)
      await page().reload()
      await says(/^Sent, waiting for a block/u)
      const tab = await page().context().newPage()
      await page().close()
      await tab.goto(`${house().url}/drops/1/pieces/${FREE}`)
      const inTab = (label: RegExp) => tab.locator('.mint .primary').filter({ hasText: label }).waitFor()
      await inTab(/^Sent, waiting for a block/u)
      await send('evm_mine')
      await inTab(/^No\. 3 is yours$/u)
    })

    it('follows a transaction that was sped up in the wallet', async () => {
      const wallet = await mintUnmined(8)
      const first = new URL(page().url()).searchParams.get('tx')
      // The page has to have seen the nonce before the transaction can be told from what replaces it.
      await page().waitForURL(/nonce=/u)
      await wallet.replace('speed up')
      await send('evm_mine')
      await says(/^No\. 3 is yours$/u)
      expect(new URL(page().url()).searchParams.get('tx')).not.to.equal(first)
    })

    it('says that it was cancelled when the wallet put an empty transaction in its place', async () => {
      const wallet = await mintUnmined(8)
      await page().waitForURL(/nonce=/u)
      await wallet.replace('cancel')
      await send('evm_mine')
      await notes(/You cancelled the transaction/u)
      await button().click()
      await says(/^Mint no\. 3/u)
      expect(page().url()).not.to.include('tx=')
    })

    it('counts blocks where none is finalised, waits again after a reorganisation, and ends final', async () => {
      const wallet = await connect(8)
      wallet.finalises = false
      await says(/^Mint no\. 3/u)
      const before = await send('evm_snapshot')
      await button().click()
      await says(/^In block \d+, not final yet$/u)
      await notes(/1 of 2 confirmations/u)
      await page().screenshot({ path: `${SHOTS}/mint-included.png` })

      await send('evm_revert', before)
      await says(/^Sent, waiting for a block/u)
      await notes(/replaced the block that held it/u)

      await send('eth_sendRawTransaction', wallet.signed[0])
      await says(/^In block \d+, not final yet$/u)
      await send('evm_mine')
      await says(/^No\. 3 is yours$/u)
      await notes(/2 blocks confirm it/u)
    })

    it('says what a mint cost that the chain turned down, and why', async () => {
      const wallet = await mintUnmined(8)
      // Another's mint goes first: it pays the block's maker more.
      await house().mintElsewhere(FREE, 6, 0, 50n)
      await send('evm_mine')
      await notes(/Someone else has minted this piece a moment ago\. You paid .* of network fee, nothing else/u)
      expect(wallet.signed).to.have.length(1)
    })
  })
})
