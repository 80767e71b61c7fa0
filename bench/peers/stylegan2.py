"""StyleGAN2 in PyTorch, for benchmarks to be beside: written from the papers, and held to numbers of the official code.

Reads one JSON request a line, answers one JSON line each:
  {"do": "about"}                                     versions, threads
  {"do": "check", "folder": DIR}                      largest difference from the official images and logits in DIR
  {"do": "generate", "network": KWARGS, "batch": N, "variant": NAME}
  {"do": "train", "resolution": R, "channelBase": B, "channelMax": M, "batch": N}
  {"do": "run"}                                       does once what was prepared last: how many seconds
"""

import json
import math
import struct
import sys
import time

import torch
import torch.nn.functional as F

SQRT2 = math.sqrt(2)
TAPS = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    types = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "U8": torch.uint8}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] not in types:
            continue
        begin, end = entry["data_offsets"]
        count = math.prod(entry["shape"])
        if count == 0:
            continue
        flat = torch.frombuffer(data, dtype=types[entry["dtype"]], count=count, offset=begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def channels_at(resolution, base, most):
    return min(base // resolution, most)


def resolutions(size):
    return [2**k for k in range(2, size.bit_length())]


def generator_shapes(kwargs):
    z, w, size = kwargs["z_dim"], kwargs["w_dim"], kwargs["img_resolution"]
    base, most = kwargs["synthesis_kwargs"]["channel_base"], kwargs["synthesis_kwargs"]["channel_max"]
    shapes = {"mapping.w_avg": (w,)}
    for i in range(kwargs["mapping_kwargs"]["num_layers"]):
        shapes[f"mapping.fc{i}.weight"] = (w, z if i == 0 else w)
        shapes[f"mapping.fc{i}.bias"] = (w,)
    before = None
    for r in resolutions(size):
        own, block = channels_at(r, base, most), f"synthesis.b{r}."
        layers = [("conv1", own, own, 3)] if r == 4 else [("conv0", own, before, 3), ("conv1", own, own, 3)]
        if r == 4:
            shapes[block + "const"] = (own, 4, 4)
        for name, outputs, inputs, kernel in [*layers, ("torgb", 3, own, 1)]:
            shapes[f"{block}{name}.weight"] = (outputs, inputs, kernel, kernel)
            shapes[f"{block}{name}.bias"] = (outputs,)
            shapes[f"{block}{name}.affine.weight"] = (inputs, w)
            shapes[f"{block}{name}.affine.bias"] = (inputs,)
            if kernel == 3:
                shapes[f"{block}{name}.noise_strength"] = ()
                shapes[f"{block}{name}.noise_const"] = (r, r)
        before = own
    return shapes


def discriminator_shapes(size, base, most):
    shapes = {f"b{size}.fromrgb.weight": (channels_at(size, base, most), 3, 1, 1)}
    shapes[f"b{size}.fromrgb.bias"] = (channels_at(size, base, most),)
    for r in reversed(resolutions(size)[1:]):
        own, next_ = channels_at(r, base, most), channels_at(r // 2, base, most)
        for name, outputs, kernel in [("conv0", own, 3), ("conv1", next_, 3), ("skip", next_, 1)]:
            shapes[f"b{r}.{name}.weight"] = (outputs, own, kernel, kernel)
            if name != "skip":
                shapes[f"b{r}.{name}.bias"] = (outputs,)
    last = channels_at(4, base, most)
    shapes.update({"b4.conv.weight": (last, last + 1, 3, 3), "b4.conv.bias": (last,)})
    shapes.update({"b4.fc.weight": (last, last * 16), "b4.fc.bias": (last,)})
    shapes.update({"b4.out.weight": (1, last), "b4.out.bias": (1,)})
    return shapes


def drawn(shapes):
    torch.manual_seed(1)
    tensors = {name: torch.randn(shape) for name, shape in shapes.items()}
    for name in tensors:
        if name.endswith("affine.bias"):
            tensors[name].fill_(1)
        elif name.endswith(("bias", "noise_strength", "w_avg")):
            tensors[name].zero_()
    return tensors


def dense(p, name, x, rate=1.0, is_active=False):
    weight, bias = p[name + ".weight"], p[name + ".bias"]
    y = F.linear(x, weight * (rate / math.sqrt(int(weight.shape[1]))), bias * rate)
    return F.leaky_relu(y, 0.2) * SQRT2 if is_active else y


def filtered(x, padding, gain, is_separable):
    """The filter over each channel by itself."""
    channels = int(x.shape[1])
    if is_separable:
        taps = TAPS * math.sqrt(gain)
        y = F.conv2d(x, taps.reshape(1, 1, 4, 1).repeat(channels, 1, 1, 1), padding=(padding, 0), groups=channels)
        return F.conv2d(y, taps.reshape(1, 1, 1, 4).repeat(channels, 1, 1, 1), padding=(0, padding), groups=channels)
    whole = torch.outer(TAPS, TAPS) * gain
    return F.conv2d(x, whole.repeat(channels, 1, 1, 1), padding=padding, groups=channels)


def modulated(x, weight, style, up, is_demodulated, how):
    """Scales the weights of each sample (grouped), or what goes in and comes out of weights that all share (scaled)."""
    n, height = int(x.shape[0]), int(x.shape[2])
    outputs, inputs, kernel, _ = (int(length) for length in weight.shape)
    if "grouped" in how:
        own = weight.unsqueeze(0) * style.reshape(n, 1, inputs, 1, 1)
        if is_demodulated:
            own = own * (own.square().sum(dim=(2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        x = x.reshape(1, n * inputs, height, height)
        if up:
            own = own.transpose(1, 2).reshape(n * inputs, outputs, kernel, kernel)
            y = F.conv_transpose2d(x, own, stride=2, groups=n)
        else:
            y = F.conv2d(x, own.reshape(n * outputs, inputs, kernel, kernel), padding=kernel // 2, groups=n)
        y = y.reshape(n, outputs, *y.shape[2:])
        return filtered(y, 1, 4, "separable" in how) if up else y
    x = x * style.reshape(n, inputs, 1, 1)
    if up:
        y = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        y = filtered(y, 1, 4, "separable" in how)
    else:
        y = F.conv2d(x, weight, padding=kernel // 2)
    if is_demodulated:
        power = weight.square().sum(dim=(2, 3))
        y = y * (style.square() @ power.t() + 1e-8).rsqrt().reshape(n, outputs, 1, 1)
    return y


def map_latents(p, z, layers):
    x = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
    for i in range(layers):
        x = dense(p, f"mapping.fc{i}", x, 0.01, True)
    return x


def layer(p, name, x, w, up, noise, how):
    style = dense(p, name + ".affine", w)
    y = modulated(x, p[name + ".weight"], style, up, True, how)
    if noise == "random":
        drawn_noise = torch.randn(y.shape[0], 1, *y.shape[2:])
    else:
        drawn_noise = p[name + ".noise_const"]
    y = y + drawn_noise * p[name + ".noise_strength"] + p[name + ".bias"].reshape(1, -1, 1, 1)
    return F.leaky_relu(y, 0.2) * SQRT2


def synthesize(p, ws, size, noise="const", how="scaled"):
    """ws [n, layers, w]"""
    n = ws.shape[0]
    x, image, at = p["synthesis.b4.const"].unsqueeze(0).repeat(n, 1, 1, 1), None, 0
    if "last" in how:
        x = x.to(memory_format=torch.channels_last)
    for r in resolutions(size):
        block = f"synthesis.b{r}."
        if r > 4:
            x = layer(p, block + "conv0", x, ws[:, at], True, noise, how)
            at += 1
        x = layer(p, block + "conv1", x, ws[:, at], False, noise, how)
        at += 1
        weight = p[block + "torgb.weight"]
        style = dense(p, block + "torgb.affine", ws[:, at]) / math.sqrt(int(weight.shape[1]))
        rgb = modulated(x, weight, style, False, False, how) + p[block + "torgb.bias"].reshape(1, -1, 1, 1)
        if image is not None:
            doubling = (torch.outer(TAPS, TAPS) * 4).repeat(3, 1, 1, 1)
            rgb = rgb + F.conv_transpose2d(image, doubling, stride=2, padding=1, groups=3)
        image = rgb
    return image


def plain(p, name, x, gain=1.0):
    weight = p[name + ".weight"]
    y = F.conv2d(x, weight / math.sqrt(weight[0].numel()), padding=weight.shape[2] // 2)
    return F.leaky_relu(y + p[name + ".bias"].reshape(1, -1, 1, 1), 0.2) * (SQRT2 * gain)


def discriminate(p, image, size, group=4):
    half = math.sqrt(0.5)
    x = plain(p, f"b{size}.fromrgb", image)
    for r in reversed(resolutions(size)[1:]):
        skip, conv1 = p[f"b{r}.skip.weight"], p[f"b{r}.conv1.weight"]
        beside = F.conv2d(filtered(x, 1, 1, False), skip * (half / math.sqrt(skip[0].numel())), stride=2)
        y = plain(p, f"b{r}.conv0", x)
        y = F.conv2d(filtered(y, 2, 1, False), conv1 / math.sqrt(conv1[0].numel()), stride=2)
        y = F.leaky_relu(y + p[f"b{r}.conv1.bias"].reshape(1, -1, 1, 1), 0.2) * (SQRT2 * half)
        x = beside + y
    n, c, height, width = x.shape
    members = min(group, n)
    grouped = x.reshape(members, n // members, c, height, width)
    spread = (grouped.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    x = torch.cat([x, spread.repeat(members).reshape(n, 1, 1, 1).expand(n, 1, height, width)], dim=1)
    x = plain(p, "b4.conv", x)
    return dense(p, "b4.out", dense(p, "b4.fc", x.flatten(1), is_active=True))


def check(folder):
    with open(folder + "/config.json") as file:
        config = json.load(file)
    G, D, io = (read_safetensors(f"{folder}/{name}.safetensors") for name in ("G", "D", "io"))
    size, layers = config["G_kwargs"]["img_resolution"], config["num_ws"]
    worst = {}
    with torch.inference_mode():
        w = map_latents(G, io["z"], config["G_kwargs"]["mapping_kwargs"]["num_layers"])
        expected = io["img.psi1.const"]
        for how in ("scaled", "scaled last", "scaled separable last", "grouped", "grouped separable"):
            image = synthesize(G, w.unsqueeze(1).repeat(1, layers, 1), size, "const", how)
            worst[how] = (image[: len(expected)] - expected).abs().max().item()
        logits = discriminate(D, image, size)
        worst["logits"] = (logits - io["logits.psi1.const"]).abs().max().item()
    return {"largestDifference": worst}


def generating(network, batch, variant):
    p = drawn(generator_shapes(network))
    size, layers = network["img_resolution"], network["mapping_kwargs"]["num_layers"]
    ws = 2 * size.bit_length() - 4
    z = torch.randn(batch, network["z_dim"])
    if "last" in variant:
        p = {k: v.to(memory_format=torch.channels_last) if v.dim() == 4 else v for k, v in p.items()}

    def run(z=z):
        w = map_latents(p, z, layers)
        w = p["mapping.w_avg"].lerp(w, 0.7)
        return synthesize(p, w.unsqueeze(1).repeat(1, ws, 1), size, "const", variant)

    if "traced" not in variant:
        return run
    with torch.no_grad():
        traced = torch.jit.trace(run, (z,), check_trace=False)
    return lambda: traced(z)


def training(size, base, most, batch):
    """A cycle of 16 iterations of the official loop: path lengths in every fourth, R1 in one."""
    kwargs = {
        "z_dim": 64, "w_dim": 64, "img_resolution": size, "mapping_kwargs": {"num_layers": 2},
        "synthesis_kwargs": {"channel_base": base, "channel_max": most},
    }  # fmt: skip
    fixed = ("noise_const", "w_avg")
    G = {k: v.requires_grad_(not k.endswith(fixed)) for k, v in drawn(generator_shapes(kwargs)).items()}
    D = {k: v.requires_grad_() for k, v in drawn(discriminator_shapes(size, base, most)).items()}
    averaged = {k: v.detach().clone() for k, v in G.items()}
    trained = [v for v in G.values() if v.requires_grad]

    def adam(parameters, every):
        ratio = every / (every + 1)
        return torch.optim.Adam(parameters, 0.0025 * ratio, (0.0, 0.99**ratio), 1e-8)

    optimizers = {"G": adam(trained, 4), "D": adam(D.values(), 16)}
    layers, mean_length = 2 * size.bit_length() - 4, torch.zeros(())
    real = torch.rand(batch, 3, size, size) * 2 - 1

    def images(n, needs_ws=False):
        w = map_latents(G, torch.randn(n, 64), 2)
        ws = w.unsqueeze(1).repeat(1, layers, 1)
        cut = int(torch.randint(1, layers, ())) if torch.rand(()) < 0.9 else layers
        ws = torch.cat([ws[:, :cut], map_latents(G, torch.randn(n, 64), 2).unsqueeze(1).repeat(1, layers - cut, 1)], 1)
        image = synthesize(G, ws, size, "random", "scaled")
        return (image, ws) if needs_ws else image

    def learn(which, loss, needed):
        for v in trained:
            v.requires_grad_(which == "G")
        for v in D.values():
            v.requires_grad_(which == "D")
        optimizers[which].zero_grad()
        loss().backward()
        optimizers[which].step()

    def path_length():
        nonlocal mean_length
        image, ws = images(batch // 2, True)
        noise = torch.randn_like(image) / size
        (slope,) = torch.autograd.grad((image * noise).sum(), ws, create_graph=True)
        lengths = slope.square().sum(2).mean(1).sqrt()
        mean = mean_length.lerp(lengths.mean(), 0.01)
        mean_length = mean.detach()
        return (lengths - mean).square().mean() * 2 * 4

    def against():
        with torch.no_grad():
            fake = images(batch)
        return F.softplus(discriminate(D, fake, size)).mean() + F.softplus(-discriminate(D, real, size)).mean()

    def penalty():
        seen = real.detach().requires_grad_()
        (slope,) = torch.autograd.grad(discriminate(D, seen, size).sum(), seen, create_graph=True)
        return slope.square().sum((1, 2, 3)).mean() * 0.5 * 16

    def cycle():
        for i in range(16):
            learn("G", lambda: F.softplus(-discriminate(D, images(batch), size)).mean(), trained)
            if i % 4 == 0:
                learn("G", path_length, trained)
            learn("D", against, D)
            if i == 0:
                learn("D", penalty, D)
            with torch.no_grad():
                for name, value in averaged.items():
                    value.lerp_(G[name], 0.001)

    return cycle


def main():
    prepared = None
    for line in sys.stdin:
        request = json.loads(line)
        do = request["do"]
        answer = {}
        if do == "about":
            answer = {"torch": torch.__version__, "threads": torch.get_num_threads()}
        elif do == "check":
            answer = check(request["folder"])
        elif do == "generate":
            prepared = generating(request["network"], request["batch"], request["variant"])
        elif do == "train":
            asked = (request[key] for key in ("resolution", "channelBase", "channelMax", "batch"))
            prepared = training(*asked)
        else:
            begin = time.perf_counter()
            with torch.inference_mode(request["inference"]):
                prepared()
            answer = {"seconds": time.perf_counter() - begin}
        print(json.dumps(answer), flush=True)


main()
