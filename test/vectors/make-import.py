"""Writes test/vectors/import: checkpoints in the layout of stylegan2-ada-pytorch, over the weights of test/vectors/gan.

Needs PyTorch alone, no code of anybody's: classes of the official names are made here, that hold what the official ones
hold and reduce as the official ones do. Run it with Debian's: /usr/bin/python3 test/vectors/make-import.py
(python3-torch 1.13.1). Storage keys are addresses, so every run gives other bytes of the same meaning.
"""

import copyreg
import io
import json
import pathlib
import pickle
import struct
import sys
import types

import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
DTYPES = {'F32': (np.float32, 4), 'U8': (np.uint8, 1), 'I64': (np.int64, 8), 'F64': (np.float64, 8)}


def module(name):
    made = types.ModuleType(name)
    sys.modules[name] = made
    parent, _, child = name.rpartition('.')
    if parent:
        setattr(sys.modules.get(parent) or module(parent), child, made)
    return made


def placed(thing, place, name=None):
    """Gives a thing the module and name under which a pickle will know it."""
    thing.__module__ = place.__name__
    thing.__name__ = thing.__qualname__ = name or thing.__name__
    setattr(place, thing.__name__, thing)
    return thing


PERSISTENCE = module('torch_utils.persistence')
NETWORKS = module('training.networks')
DNNLIB = module('dnnlib.util')


class EasyDict(dict):
    """A dict whose items are attributes too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError as missing:
            raise AttributeError(name) from missing


placed(EasyDict, DNNLIB)


def _reconstruct_persistent_obj(meta):
    raise RuntimeError('these files are written, not read, by Python')


placed(_reconstruct_persistent_obj, PERSISTENCE)


class Persistent(torch.nn.Module):
    def __init__(self, **kwargs):
        super().__init__()
        self._init_args = ()
        self._init_kwargs = kwargs

    def __reduce__(self):
        source = f'raise SystemExit("the source of {type(self).__name__} was executed")\n'
        meta = dict(
            type='class', version=6, module_src=source, class_name=type(self).__name__, state=dict(self.__dict__)
        )
        return (_reconstruct_persistent_obj, (meta,), None)


def make(class_name, attributes=(), **kwargs):
    kind = getattr(NETWORKS, class_name, None) or placed(type(class_name, (Persistent,), {}), NETWORKS)
    made = kind(**kwargs)
    made.__dict__.update(attributes)
    return made


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack('<Q', data[:8])
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == '__metadata__':
            continue
        begin, end = entry['data_offsets']
        dtype, _ = DTYPES[entry['dtype']]
        array = np.frombuffer(data[8 + length + begin : 8 + length + end], dtype).reshape(entry['shape'])
        tensors[name] = torch.from_numpy(array.copy())
    return tensors


def layer_attributes(name, kwargs, weights, kind):
    """What an official layer keeps beside its tensors: NumPy scalars among them, since gains are roots."""
    leaf = name.rpartition('.')[2]
    clamp = kwargs['synthesis_kwargs' if kind == 'G' else 'epilogue_kwargs'].get('conv_clamp')
    clamp = kwargs.get('conv_clamp') if kind == 'D' else clamp
    weight = weights.get(f'{name}.weight')
    if leaf in ('affine', 'embed', 'fc', 'out') or leaf.startswith('fc'):
        lr = 0.01 if name.startswith('mapping.fc') else 1
        linear = leaf in ('affine', 'embed', 'out')
        gain = lr / np.sqrt(weight.shape[1])
        return 'FullyConnectedLayer', dict(activation='linear' if linear else 'lrelu', weight_gain=gain, bias_gain=lr)
    if leaf == 'torgb':
        return 'ToRGBLayer', dict(conv_clamp=clamp, weight_gain=1 / np.sqrt(weight.shape[1]))
    if kind == 'G' and leaf in ('conv0', 'conv1'):
        return 'SynthesisLayer', dict(
            resolution=weights[f'{name}.noise_const'].shape[0], up=2 if leaf == 'conv0' else 1, use_noise=True,
            activation='lrelu', conv_clamp=clamp, padding=1, act_gain=np.sqrt(2),
        )
    return 'Conv2dLayer', dict(
        activation='linear' if leaf == 'skip' else 'lrelu', up=1, down=1, conv_clamp=None if leaf == 'skip' else clamp,
        padding=weight.shape[2] // 2, weight_gain=1 / np.sqrt(np.prod(weight.shape[1:])), act_gain=np.sqrt(2),
    )


def group_attributes(name, kwargs, kind):
    if name == 'synthesis':
        return 'SynthesisNetwork', dict(w_dim=kwargs['w_dim'], img_resolution=kwargs['img_resolution'])
    if name == 'mapping':
        layers = kwargs['mapping_kwargs'].get('num_layers', 8)
        return 'MappingNetwork', dict(num_layers=layers, w_avg_beta=0.995 if kind == 'G' else None)
    architecture = kwargs['synthesis_kwargs']['architecture'] if kind == 'G' else kwargs['architecture']
    if kind == 'D' and name == 'b4':
        return 'DiscriminatorEpilogue', dict(architecture=architecture, img_channels=kwargs['img_channels'])
    resolution = int(name.rpartition('b')[2])
    kind_name = 'SynthesisBlock' if kind == 'G' else 'DiscriminatorBlock'
    return kind_name, dict(resolution=resolution, architecture=architecture, use_fp16=False)


def network(kind, kwargs, weights):
    """A tree of modules with these weights, each with the attributes of its kind."""
    kwargs = json.loads(json.dumps(kwargs), object_hook=EasyDict)
    root = make('Generator' if kind == 'G' else 'Discriminator', {}, **kwargs)
    root.__dict__.update(c_dim=kwargs['c_dim'], img_resolution=kwargs['img_resolution'])
    made = {'': root}

    def child(name):
        if name in made:
            return made[name]
        is_layer = f'{name}.weight' in weights
        class_name, attributes = (
            layer_attributes(name, kwargs, weights, kind) if is_layer else group_attributes(name, kwargs, kind)
        )
        made[name] = make(class_name, attributes)
        parent, _, leaf = name.rpartition('.')
        child(parent).add_module(leaf, made[name])
        return made[name]

    for name, value in weights.items():
        parent, _, leaf = name.rpartition('.')
        owner = child(parent)
        if leaf in ('resample_filter', 'noise_const', 'w_avg'):
            owner.register_buffer(leaf, value)
        else:
            owner.register_parameter(leaf, torch.nn.Parameter(value, requires_grad=False))
    if kind == 'D' and kwargs['epilogue_kwargs']['mbstd_num_channels'] > 0:
        epilogue = kwargs['epilogue_kwargs']
        spread = make('MinibatchStdLayer', dict(group_size=epilogue['mbstd_group_size'], num_channels=epilogue['mbstd_num_channels']))
        made['b4'].add_module('mbstd', spread)
    return root


def load(name):
    folder = HERE / 'gan' / name
    config = json.loads((folder / 'config.json').read_text())
    weights = {kind: read_safetensors(folder / f'{kind}.safetensors') for kind in 'GD'}
    return config, weights


def networks(name, dtype=torch.float32):
    config, weights = load(name)
    cast = {kind: {key: value.to(dtype) for key, value in group.items()} for kind, group in weights.items()}
    return {kind: network(kind, config[f'{kind}_kwargs'], cast[kind]) for kind in 'GD'}


def snapshot(parts, other=None):
    pipe = make('AugmentPipe', {}, xflip=1)
    pipe.register_buffer('p', torch.ones([]))
    return dict(
        training_set_kwargs=EasyDict(class_name='training.dataset.ImageFolderDataset', path='set.zip', max_size=8),
        G=other or parts['G'],
        D=parts['D'],
        G_ema=parts['G'],
        augment_pipe=pipe,
    )


def dump(value, protocol, zipped=False):
    out = io.BytesIO()
    pickler = pickle.Pickler(out, protocol)
    if zipped:
        table = copyreg.dispatch_table.copy()
        table[torch.storage.TypedStorage] = lambda storage: (torch.storage._load_from_bytes, (saved(storage),))
        pickler.dispatch_table = table
    pickler.dump(value)
    return out.getvalue()


def saved(value, zipped=True):
    out = io.BytesIO()
    torch.save(value, out, _use_new_zipfile_serialization=zipped)
    return out.getvalue()


def state_dicts(name, dtype=torch.float32):
    return {'G_ema': networks(name, dtype)['G'].state_dict(), 'D': networks(name, dtype)['D'].state_dict()}


def awkward(state):
    """The same numbers, otherwise stored: one storage for many, offsets, transposed, every second element."""
    names = [name for name in state if state[name].dim() > 0]
    shared = torch.cat([torch.zeros(3)] + [state[name].flatten() for name in names])
    at = 3
    for i, name in enumerate(names):
        value = state[name]
        if i % 3 == 0:
            state[name] = shared[at : at + value.numel()].view(value.shape)
        elif i % 3 == 1:
            axes = list(range(value.dim()))[::-1]
            state[name] = value.permute(axes).contiguous().permute(axes)
        else:
            wide = torch.full([*value.shape, 2], 7.0)
            wide[..., 0] = value
            state[name] = wide[..., 0]
        at += value.numel()
    return state


def main():
    out = HERE / 'import'
    out.mkdir(exist_ok=True)
    write = lambda name, data: (out / name).write_bytes(data)
    write('tiny32-snapshot.pkl', dump(snapshot(networks('tiny32')), 3))
    for name in ('var16_clamp_rgba', 'var16_origG_origD_gray', 'var16_resnetG_skipD'):
        write(f'{name}-snapshot.pkl', dump(snapshot(networks(name)), 4, zipped=True))
    other = networks('tiny8')['G']
    for name, value in other.state_dict().items():
        if not name.endswith('resample_filter'):
            value.mul_(0.5)
    write('tiny8-snapshot-protocol2.pkl', dump(snapshot(networks('tiny8'), other), 2))
    write('tiny8-snapshot-half.pkl', dump(snapshot(networks('tiny8', torch.float16)), 5))
    write('tiny8-objects.pt', saved(snapshot(networks('tiny8'))))
    write('tiny8-legacy.pt', saved(state_dicts('tiny8'), zipped=False))
    write('tiny8-bfloat16.pt', saved(state_dicts('tiny8', torch.bfloat16)))
    write('tiny8-double.pt', saved(state_dicts('tiny8', torch.float64), zipped=False))
    write('tiny8-awkward.pt', saved({k: awkward(v) for k, v in state_dicts('tiny8').items()}))
    write('tiny8-awkward-legacy.pt', saved({k: awkward(v) for k, v in state_dicts('tiny8').items()}, zipped=False))
    write('tiny8-generator.pt', saved(state_dicts('tiny8')['G_ema']))
    write('tiny8-discriminator.pt', saved(state_dicts('tiny8')['D']))
    write('cond32-half.pt', saved(state_dicts('cond32', torch.float16)))


if __name__ == '__main__':
    main()
