import { expect } from 'chai'
import { network } from 'hardhat'
import { committed, deployStudio, live, order, PRICE, State, tokenId } from './collection.ts'

const chain = await network.create()
const { networkHelpers } = chain
const studioOf = async () => deployStudio(chain)

describe('contracts/Drop, from announcement to close', () => {
  it('goes through every stage and pays the contributors', async () => {
    const studio = await networkHelpers.loadFixture(studioOf)
    const { collection, alice, attribution, model } = studio
    const { drop, pieces } = await live(studio)
    await collection.connect(alice).mintPublic(order(drop, alice), [pieces[0]!], { value: PRICE })
    expect(await collection.ownerOf(tokenId(drop, 0))).to.equal(alice.address)
    const { salesEnd } = await collection.dropOf(drop)
    await networkHelpers.time.increaseTo(salesEnd)
    await collection.close(drop)
    expect((await collection.dropOf(drop)).state).to.equal(State.Closed)
    expect(await attribution.totalOf(model, '0x0000000000000000000000000000000000000000')).to.equal(PRICE)
    void committed
  })
})
