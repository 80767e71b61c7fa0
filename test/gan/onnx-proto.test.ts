import { expect } from 'chai'
import { encodeOnnx } from '../../gan/engines/onnx-proto.ts'

// What Python's onnx 1.23 writes for the same model with SerializeToString().
const OFFICIAL =
  '0808120a6c6174656e746d696e743ab5010a250a01781201791a017922094c65616b7952656c752a0f0a05616c70686115000000bfa00101' +
  '0a400a01790a017712017a1a017a2204436f6e762a0c0a0567726f75701801a001022a0e0a046d6f64652203444352a001032a0e0a047061' +
  '647340ac024000a001071201672a11080210014201774a080000803f000000c02a11080110074201734a08ffffffffffffffff5a140a0178' +
  '120f0a0d080112090a0208010a0308c801620b0a017a12060a040801120042040a00101172070a016b1202c3a4'

describe('gan/engines/onnx-proto encodeOnnx', () => {
  it('writes the bytes that the official library writes for the same model', () => {
    const bytes = encodeOnnx({
      name: 'g',
      nodes: [
        { operator: 'LeakyRelu', inputs: ['x'], output: 'y', attributes: { alpha: { float: -0.5 } } },
        { operator: 'Conv', inputs: ['y', 'w'], output: 'z', attributes: { group: 1, mode: 'DCR', pads: [300, 0] } },
      ],
      constants: [
        { name: 'w', shape: [2], data: Float32Array.of(1, -2) },
        { name: 's', shape: [1], data: BigInt64Array.of(-1n) },
      ],
      inputs: [{ name: 'x', shape: [1, 200] }],
      outputs: [{ name: 'z', shape: [] }],
      metadata: { k: 'ä' },
    })
    expect(Buffer.from(bytes).toString('hex')).to.equal(OFFICIAL)
  })
})
