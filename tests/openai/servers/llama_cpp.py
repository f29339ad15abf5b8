"""llama.cpp's own server with a random model of bytes: PORT, and the WIDTH of its vectors."""

import sys
import tempfile
import time
from pathlib import Path

import gguf
import numpy as np
import xllamacpp

WIDTH, HEADS, HIDDEN = int(sys.argv[2]), 4, 64
TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}<assistant>"


def write(path: Path) -> None:
    draw = np.random.default_rng(7)

    def weights(*shape: int, spread: float = 0.05) -> np.ndarray:
        return draw.normal(0, spread, shape).astype(np.float32)

    tokens = [
        "<unk>",
        "<s>",
        "</s>",
        *(f"<0x{n:02X}>" for n in range(256)),
        "▁Yes",
        "▁No",
        "Yes",
        "No",
    ]
    kinds = [2, 3, 3] + [6] * 256 + [1] * 4
    # The first dimension is the same for all, so its weights are a bias: plain letters are about
    # equally likely, words and quotes more so, and the rest never comes.
    embedding, output = weights(len(tokens), WIDTH), weights(len(tokens), WIDTH)
    embedding[:, 0] = 8
    output[:, 0] = -2
    output[3 + 0x20 : 3 + 0x7F, 0] = output[2, 0] = 0
    output[3 + ord('"'), 0] = output[-4:, 0] = 0.2
    out = gguf.GGUFWriter(path, "llama")
    out.add_context_length(8192)
    out.add_embedding_length(WIDTH)
    out.add_block_count(1)
    out.add_feed_forward_length(HIDDEN)
    out.add_head_count(HEADS)
    out.add_head_count_kv(HEADS)
    out.add_rope_dimension_count(WIDTH // HEADS)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_vocab_size(len(tokens))
    out.add_tokenizer_model("llama")
    out.add_token_list(tokens)
    out.add_token_scores([0.0] * len(tokens))
    out.add_token_types(kinds)
    out.add_bos_token_id(1)
    out.add_eos_token_id(2)
    out.add_unk_token_id(0)
    out.add_chat_template(TEMPLATE)
    out.add_tensor("token_embd.weight", embedding)
    out.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    out.add_tensor("output.weight", output)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        out.add_tensor(f"blk.0.{name}.weight", weights(WIDTH, WIDTH))
    for name in ("attn_norm", "ffn_norm"):
        out.add_tensor(f"blk.0.{name}.weight", np.ones(WIDTH, np.float32))
    out.add_tensor("blk.0.ffn_gate.weight", weights(HIDDEN, WIDTH))
    out.add_tensor("blk.0.ffn_up.weight", weights(HIDDEN, WIDTH))
    out.add_tensor("blk.0.ffn_down.weight", weights(WIDTH, HIDDEN))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


path = Path(tempfile.mkdtemp()) / "random.gguf"
write(path)
params = xllamacpp.CommonParams()
params.model.path = str(path)
params.n_ctx = 8192
params.n_parallel = 1
params.cpuparams.n_threads = 1
params.port = int(sys.argv[1])
params.sampling.seed = 7
params.use_jinja = True
params.embedding = True
params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
server = xllamacpp.Server(params)
while True:
    time.sleep(60)
