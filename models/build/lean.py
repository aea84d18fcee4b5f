"""Cuts the converted TensorFlow graph down to the network itself.

In: the whole graph, with its pre-processing loop and post-processing tail. Out: static NCHW image
to raw box encodings and class logits, standard ONNX operators only, every multiplication and
addition by a constant folded into the convolution before it.
"""
import copy

import numpy as np
import onnx
from onnx import helper, numpy_helper

IMAGE = "Preprocessor/sub:0"
HEADS = {"boxes": ("BoxEncodingPredictor", 4), "logits": ("ClassPredictor", 91)}
LEVELS = 6
SIZE = 300


class Network:
    """The nodes between the image and the head convolutions, and the constants that they read."""

    def __init__(self, graph):
        self.consts = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        wanted = {head(name, level) for name, _ in HEADS.values() for level in range(LEVELS)}
        self.outputs = sorted(wanted)
        self.nodes = []
        for node in reversed(graph.node):
            if wanted.intersection(node.output):
                self.nodes.insert(0, copy.deepcopy(node))
                wanted.update(name for name in node.input if name != IMAGE)

    def producer(self, tensor):
        return next((n for n in self.nodes if tensor in n.output), None)

    def consumers(self, tensor):
        return [n for n in self.nodes if tensor in n.input]

    def replace(self, old, new):
        """Makes every reader of `old` read `new`."""
        for node in self.consumers(old):
            for i, name in enumerate(node.input):
                if name == old:
                    node.input[i] = new

    def drop(self, node, source):
        """Removes a node, its readers read `source` in its stead."""
        self.nodes.remove(node)
        self.replace(node.output[0], source)


def head(kind, level):
    return f"BoxPredictor_{level}/{kind}/BiasAdd:0"


def scale_and_shift(net, node):
    """What a node does to each channel of its one computed input, as (input, scale, shift); else None."""
    if node.op_type == "BatchNormalization":
        gamma, beta, mean, variance = (net.consts[name].astype(np.float64) for name in node.input[1:])
        epsilon = next(a.f for a in node.attribute if a.name == "epsilon")
        scale = gamma / np.sqrt(variance + epsilon)
        return node.input[0], scale, beta - mean * scale
    if node.op_type not in ("Mul", "Add"):
        return None
    constant = [name for name in node.input if name in net.consts]
    if len(constant) != 1:
        return None
    source = next(name for name in node.input if name not in net.consts)
    value = net.consts[constant[0]].astype(np.float64).ravel()
    return (source, value, 0.0) if node.op_type == "Mul" else (source, 1.0, value)


def lone_conv(net, tensor, through_add):
    """The convolution that alone makes `tensor`; with `through_add` also one summand of a residual."""
    node = net.producer(tensor)
    if node is None or len(net.consumers(tensor)) != 1:
        return None
    if node.op_type == "Conv":
        return node
    if node.op_type == "Add" and through_add:
        found = (lone_conv(net, name, False) for name in node.input)
        return next((conv for conv in found if conv is not None), None)
    return None


def fold_into_conv(net, conv, scale, shift):
    weights = net.consts[conv.input[1]].astype(np.float64)
    bias = net.consts[conv.input[2]].astype(np.float64) if len(conv.input) > 2 else np.zeros(len(weights))
    per_channel = np.broadcast_to(scale, bias.shape)
    names = [conv.output[0] + "/weights", conv.output[0] + "/bias"]
    net.consts[names[0]] = (weights * per_channel.reshape(-1, 1, 1, 1)).astype(np.float32)
    net.consts[names[1]] = (bias * per_channel + shift).astype(np.float32)
    conv.input[:] = [conv.input[0], *names]


def fold_constants(net):
    changed = True
    while changed:
        changed = False
        for node in list(net.nodes):
            found = scale_and_shift(net, node)
            conv = found and lone_conv(net, found[0], through_add=node.op_type == "Add")
            if conv is not None:
                fold_into_conv(net, conv, *found[1:])
                net.drop(node, found[0])
                changed = True


def drop_reshapes(net):
    """Only the 1×1 level has reshapes: tf2onnx writes a transpose of N×C×1×1 so, and to NCHW it changes nothing."""
    for node in [n for n in net.nodes if n.op_type == "Reshape"]:
        shape = net.consts[node.input[1]].tolist()
        if len(shape) != 4 or shape[2:] != [1, 1]:
            raise SystemExit(f"{node.name}: unexpected reshape to {shape}")
        net.drop(node, node.input[0])


def add_heads(net):
    """Each level's NCHW map to rows of 4 or 91 values, all levels in one tensor."""
    for output, (kind, columns) in HEADS.items():
        net.consts[f"{output}/shape"] = np.array([1, -1, columns], np.int64)
        parts = []
        for level in range(LEVELS):
            tensor, part = head(kind, level), f"{output}/{level}"
            if level + 1 < LEVELS:  # the last map is 1×1: already in that order
                net.nodes.append(helper.make_node("Transpose", [tensor], [part + "/nhwc"], perm=[0, 2, 3, 1],
                                                  name=part + "/nhwc"))
                tensor = part + "/nhwc"
            net.nodes.append(helper.make_node("Reshape", [tensor, f"{output}/shape"], [part], name=part))
            parts.append(part)
        net.nodes.append(helper.make_node("Concat", parts, [output], axis=1, name=output))


def in_order(net):
    """The nodes in the order in which a walk back from the outputs needs them: the same in every build."""
    done, ordered = set(), []

    def visit(tensor):
        node = net.producer(tensor)
        if node is not None and node.name not in done:
            for name in node.input:
                visit(name)
            done.add(node.name)
            ordered.append(node)

    for output in HEADS:
        visit(output)
    return ordered


def rename(net):
    """Names by kind and position, for tf2onnx numbers its tensors differently from run to run."""
    limits = {0.0: "relu6_low", 6.0: "relu6_high"}
    net.nodes = in_order(net)
    names = {IMAGE: "image", **{output: output for output in HEADS}}
    for position, node in enumerate(net.nodes):
        label = names.setdefault(node.output[0], f"{node.op_type.lower()}_{position}")
        if node.op_type == "Clip":
            names.update({name: limits[float(net.consts[name])] for name in node.input[1:]})
        elif node.op_type == "Conv":
            names.update(zip(node.input[1:], (f"{label}/weights", f"{label}/bias")))
        node.input[:] = [names.setdefault(name, name) for name in node.input]
        node.output[:] = [label]
        node.name = label
    net.consts = {names[name]: value for name, value in net.consts.items() if name in names}


def lean(full):
    """The lean model of a converted one."""
    net = Network(full.graph)
    drop_reshapes(net)
    for node in net.nodes:
        if node.op_type == "Sum" and len(node.input) == 2:
            node.op_type = "Add"
    fold_constants(net)
    add_heads(net)
    rename(net)
    used = dict.fromkeys(name for node in net.nodes for name in node.input)
    constants = [numpy_helper.from_array(net.consts[name], name) for name in used if name in net.consts]
    image = helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, [1, 3, SIZE, SIZE])
    outputs = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 1917, columns])
               for name, (_, columns) in HEADS.items()]
    graph = helper.make_graph(net.nodes, "ssdlite_mobilenet_v2", [image], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8,
                              producer_name="sightline models/build")
    onnx.checker.check_model(model, full_check=True)
    return model
