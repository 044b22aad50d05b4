"""The data contract as one table: every rule with what is said when it is broken, and how to mend it."""

from asr.corpus import limits
from asr.corpus.rule import Purpose, Rule, Severity
from asr.corpus.text_rules import TEXT_RULES
from asr.scoring.sample_size import words_needed

__all__ = ["RULES", "Purpose", "Rule", "Severity"]

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        # audio
        Rule(
            "undecodable",
            "error",
            "the audio cannot be decoded",
            "convert it to WAV or FLAC, or replace it",
            "also a single file of more than 2 hours",
        ),
        Rule("lfs_pointer", "error", "this is a Git LFS pointer, its content is not here", "run `git lfs pull`"),
        Rule("empty_audio", "error", "the file holds no audio", "record or export it again"),
        Rule("not_finite", "error", "some samples are not numbers (NaN or infinite)", "export it again as PCM"),
        Rule(
            "silent",
            "error",
            "nothing is to be heard",
            "record it again, or remove it with its transcript",
            f"no sample is further from the mean than {limits.SILENCE:g} of full scale",
        ),
        Rule(
            "clipped",
            "warning",
            "the recording is clipped",
            "record it again with less gain",
            f"at least {limits.CLIPPED_SHARE:.1%} of the samples are at full scale",
        ),
        Rule(
            "dc_offset",
            "warning",
            "the waveform is not around zero",
            "filter it with a high-pass at 20 Hz, and look at the sound card",
            f"the mean of the samples is at least {limits.OFFSET:g} of full scale",
        ),
        Rule(
            "low_rate",
            "warning",
            "the recording has a low sampling rate and lacks high sounds",
            "record at 16 kHz or more, unless the model is for telephones",
            f"below {limits.LOWEST_RATE:,} Hz",
        ),
        Rule("too_short", "error", f"shorter than {limits.SHORTEST} s", "remove it, or cut the recording elsewhere"),
        Rule(
            "too_long",
            "error",
            "longer than what is heard at once",
            "cut it into utterances",
            f"more than {limits.LONGEST:.0f} s, or than the base hears at once when that is bound; an error in "
            "training data, a warning in testing data. With `azure` more than 40 s in training data is a warning, "
            "unless nothing is shorter, and more than 2 hours in testing data an error",
        ),
        Rule("changing", "error", "the file changed while it was read", "wait until copying is over, and check again"),
        Rule("bad_segment", "error", "this is not a place in an audio file", "write start and duration in seconds"),
        Rule("segment_outside", "error", "the segment lies outside of the audio", "correct start and duration"),
        Rule("missing_audio", "error", "this audio is not in the folder", "add the file, or correct its name"),
        Rule("orphan_audio", "warning", "this audio has no transcript and is left out", "add a transcript"),
        Rule(
            "other_split",
            "warning",
            "this belongs to another split and is left out",
            "move it to the folder of its split, or change its column `split`",
        ),
        Rule(
            "bad_noise",
            "warning",
            "the noise level is not a number, and counts as not known",
            "write the signal-to-noise ratio in decibels, or name another column in `columns.noise`",
        ),
        # transcripts
        Rule("missing_text", "error", "there is no transcript for", "fill in the column"),
        Rule("empty_text", "error", "the transcript is empty", "write what is said, or remove the audio"),
        Rule("only_punctuation", "error", "the text has no letter and no digit", "write what is said in words"),
        Rule("not_utf8", "error", "the text is not UTF-8", "save the file as UTF-8 and check its accents"),
        Rule("control_characters", "error", "the text holds characters that cannot be seen", "remove them"),
        Rule(
            "impossible_rate",
            "error",
            "too much text for the audio",
            "check that text and audio belong together",
            f"an error above {limits.FASTEST:g} characters a second, a warning above {limits.FAST:g}; texts of fewer "
            f"than {limits.FAST_FROM} characters are not judged",
        ),
        Rule(
            "little_text",
            "warning",
            "hardly any text for so much audio",
            "check that the transcript is complete, or cut the silence away",
            f"less than {limits.SLOW:g} character a second; audio shorter than {limits.SLOW_FROM:g} s is not judged",
        ),
        Rule(
            "repeated",
            "warning",
            "the same words again and again",
            "listen whether that is said: recognizers write so when they run on",
            f"a phrase of at most {limits.PHRASE} words at least {limits.REPEATS} times in a row, together at least "
            f"{limits.REPEATED} words; digits may repeat",
        ),
        Rule(
            "digits",
            "warning",
            "the text has digits",
            "write numbers in words, as they are said",
            "in training data when the base spells letter by letter and has no digits; in all data when the normalizer "
            "is not `english`, which makes digits of number words, and with `azure`",
        ),
        Rule(
            "unwritable",
            "warning",
            "the model cannot write the whole text",
            "write what is said in the letters of the model, or choose another base",
            "letters and signs such as `%`, not punctuation; an error when nothing is left of a transcript. Asked when "
            "the base is on this machine",
        ),
        Rule(
            "too_many_tokens",
            "error",
            "more text than the model can write at once",
            "cut audio and transcript into shorter utterances",
            "in training data, for encoder-decoders (448 tokens for Whisper). Asked when the base is on this machine",
        ),
        Rule("orphan_transcript", "error", "this transcript has no audio", "add the audio, or remove the transcript"),
        *TEXT_RULES,
        # files
        Rule("unreadable_table", "error", "the table cannot be read", "mend the line"),
        Rule("unreadable_file", "error", "this cannot be opened", "check its permissions"),
        Rule("outside_folder", "error", "this leads out of the folder", "put the file inside and use a relative path"),
        Rule("bad_archive", "error", "the archive cannot be read", "zip it again, or put the folder itself here"),
        Rule("archive_bounds", "error", "the archive exceeds the bounds", "split it, or unpack it yourself"),
        Rule("unsafe_archive", "error", "the archive is not safe to unpack", "zip it again without that"),
        Rule("nested_archive", "warning", "an archive inside of an archive is left out", "put it beside the other one"),
        Rule("bad_reference", "error", "this does not name a Hub data set that can be read", "correct the file"),
        Rule("hub_unreachable", "error", "the Hub cannot be asked for the data set", "check the network and try again"),
        # the corpus as a whole
        Rule(
            "duplicate",
            "error",
            "the same audio is in the corpus twice",
            "keep one of them",
            "a warning when both have the same text",
        ),
        Rule(
            "small_test",
            "warning",
            "the test is too small to show the gain that is asked for",
            "add recordings, or ask for a larger `min_gain`",
            "fewer reference words than show `min_gain` four times in five when every fifth word is wrong: "
            f"about {words_needed(0.05):,} for 5 %, {words_needed(0.2):,} for 20 %. Guard sets are not judged",
        ),
        Rule(
            "synthetic_test",
            "error",
            "this was synthesized for training, and a model is not judged by that",
            "test with recordings of people",
            "files that Wergate spoke from `plain_text.txt`, which carry a mark",
        ),
        # training against testing
        Rule("leak_audio", "error", "this test audio is also trained on", "remove it from one of the two"),
        Rule("leak_source", "error", "this recording is in training and in testing", "keep it in one of the two"),
        Rule(
            "leak_sentence",
            "error",
            "the same speaker says this sentence in training",
            "keep it in one of the two",
            "a warning when the sentence has fewer than four words. From four words on, a warning too when nobody "
            "wrote down who speaks",
        ),
        Rule(
            "leak_text",
            "error",
            "this line of the training text is, or holds, a sentence of the testing data",
            "remove the line, and write sentences of your own with its words",
            "a warning when the line has fewer than four words",
        ),
        Rule(
            "leak_speaker",
            "warning",
            "speakers are in training and in testing",
            "test with people that the model has not heard",
        ),
        # Azure Custom Speech
        Rule(
            "azure_locale",
            "warning",
            "Azure does not train with audio in this locale",
            "bring text, or expect no more than what the transcripts teach",
        ),
        Rule(
            "azure_characters",
            "warning",
            "Azure asks for other characters in transcripts of this locale",
            "replace them",
            "en: ASCII only; de-DE: lines with one of ¢¤¥¦§©ª¬®°±²µ×ÿ are dropped; zh-CN: full-width punctuation",
        ),
        Rule(
            "azure_repeats",
            "warning",
            "Azure may drop a line that repeats itself",
            "write it three times at most",
            "a letter, a word or a phrase more than three times in a row",
        ),
        Rule(
            "azure_sentence",
            "warning",
            "Azure drops a sentence of that length",
            "put a full stop in between",
            "ja-JP: more than 90 characters",
        ),
        Rule(
            "azure_amount",
            "error",
            "Azure does not take that much",
            "take a part of it",
            "testing data of more than 2 GB as 16 kHz WAV (17 hours), or of 10,000 utterances; a warning when training "
            "data has more than 100 hours",
        ),
    )
}
