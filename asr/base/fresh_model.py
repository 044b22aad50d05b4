"""The embedded base before its first lesson: a small Parakeet CTC model with random weights.

FastConformer encoder of Rekesh et al. 2023 (the architecture of `nvidia/parakeet-ctc-*`), 2.4 million parameters, 64
mel bins, a letter or a blank every 40 ms.
"""

from pathlib import Path

LETTERS = "abcdefghijklmnopqrstuvwxyz' "
BLANK = "<pad>"


def write_fresh_model(directory: Path, seed: int) -> None:
    """Write configuration, random weights, feature extractor and tokenizer as `from_pretrained` reads them."""
    import torch
    from tokenizers import Tokenizer, decoders, models
    from transformers import (
        ParakeetCTCConfig,
        ParakeetFeatureExtractor,
        ParakeetForCTC,
        ParakeetProcessor,
        ParakeetTokenizer,
    )

    vocabulary = {letter: number for number, letter in enumerate([*LETTERS, BLANK])}
    spelling = Tokenizer(models.BPE(vocabulary, []))  # no merges: every letter is a token
    spelling.decoder = decoders.Fuse()
    tokenizer = ParakeetTokenizer(tokenizer_object=spelling, pad_token=BLANK)
    config = ParakeetCTCConfig(
        vocab_size=len(vocabulary),
        pad_token_id=vocabulary[BLANK],
        encoder_config={
            "hidden_size": 144,
            "num_hidden_layers": 5,
            "num_attention_heads": 4,
            "intermediate_size": 512,
            "conv_kernel_size": 15,
            "num_mel_bins": 64,
            "subsampling_factor": 4,
            "subsampling_conv_channels": 32,
            "max_position_embeddings": 2000,
            "scale_input": False,
            # SpecAugment regularizes; on a processor drawing dropout masks would take a tenth of every step.
            "dropout": 0.0,
            "activation_dropout": 0.0,
            "attention_dropout": 0.0,
            "layerdrop": 0.0,
        },
    )
    torch.manual_seed(seed)
    ParakeetForCTC(config).save_pretrained(directory)
    ParakeetProcessor(ParakeetFeatureExtractor(feature_size=64), tokenizer).save_pretrained(directory)
