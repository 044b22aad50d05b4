"""What FFmpeg decodes: MP3, MPEG-4 (AAC, ALAC), WebM and Matroska, WMA, AMR; and what other decoders give up."""

import io
import os
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from asr.audio.audio_error import NoSamples, Unreadable
from asr.audio.samples import NONE, Samples

if TYPE_CHECKING:
    from av import AudioFrame

_FORMATS = "aac,ac3,aiff,amr,amrnb,amrwb,asf,au,caf,flac,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,w64,wav"
_CODECS = (
    "aac,ac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,alac,amrnb,amrwb,eac3,flac,gsm,gsm_ms,mp1float,mp2float,mp3float,"
    "opus,pcm_alaw,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16le,pcm_s24be,pcm_s24le,"
    "pcm_s32be,pcm_s32le,pcm_s8,pcm_u8,vorbis,wmalossless,wmapro,wmav1,wmav2,wmavoice"
)
# A file may claim to be a playlist, a stream or a device: only these formats and codecs are read, from this one file.
_BOUNDS = {
    "format_whitelist": _FORMATS,
    "codec_whitelist": _CODECS,
    "protocol_whitelist": "none",
    "probesize": str(1 << 20),  # bytes looked at to find out what is in the file
    "max_streams": "32",
}
_OPEN_ENDED = {"mp3", "aac", "amr"}  # streams that do not say where they end: junk may follow the last sound
_PLANES = 7  # more channels than these must not lie apart: PyAV looks for their end where there is none, and crashes
_BLOCK = 1 << 18  # samples handed out at once
_LEAD = 1.0  # seconds decoded before the place that is asked for: codecs need what came before to be right
_CLOCK = 1.5e-3  # seconds by which the time stamps of some formats are rounded


class _Content(io.FileIO):
    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        # Damaged files send FFmpeg to impossible places, and PyAV writes what is raised there to the terminal.
        try:
            return super().seek(offset, whence)
        except (OSError, OverflowError):
            return -1


class FfmpegSource:
    """The audio of a file opened by FFmpeg: its samples from any place on, channels mixed.

    Silence that encoders put before and behind the sound is left out where the file tells of it.

    Raises:
        Unreadable: FFmpeg cannot open it, or cannot read on.
    """

    def __init__(self, descriptor: int) -> None:
        import av

        # OSError: the file cannot be read on; ValueError: samples that numpy has no type for.
        self._failures = (av.FFmpegError, OSError, ValueError)
        self._file = _Content(descriptor, closefd=False)
        self._open()
        frames = self._decode()
        first = next(frames, None)
        if first is None:
            raise NoSamples("it holds no samples")
        # What comes out counts: the container may tell half the rate of HE-AAC.
        self.rate = first.sample_rate
        self.channels = first.layout.nb_channels
        self._origin, self._first_length = first.pts, first.samples
        self.frames = self._told_length()
        self._blocks = self._from(0, chain((first,), frames), 0)
        self._held = NONE

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def seek(self, frame: int) -> None:
        """Read on from this frame; behind the end there is nothing to read."""
        self._held = NONE
        decoded, at = self._jump(frame) or self._rewind()
        self._blocks = self._from(frame, decoded, at)

    def read(self, frames: int) -> Samples:
        """At most so many samples, none at the end; shape (time,)."""
        frames = min(frames, _BLOCK)
        parts, count = [self._held], len(self._held)
        while count < frames and (part := next(self._blocks, None)) is not None:
            parts.append(part)
            count += len(part)
        joined = np.concatenate(parts)
        self._held = joined[frames:]
        return joined[:frames]

    def _open(self) -> None:
        import av
        from av.stream import Discard

        self._file.seek(0)
        try:
            self._container = av.open(self._file, "r", container_options=_BOUNDS, metadata_errors="replace")
            stream = self._container.streams.best("audio")
        except av.ArgumentError:  # of the whitelists
            raise Unreadable("its format is not one that is read") from None
        except self._failures as error:
            raise Unreadable(_reason(error)) from None
        if not isinstance(stream, av.AudioStream):
            raise Unreadable("there is no audio in it")
        if stream.codec_context is None or stream.codec_context.name not in _CODECS.split(","):
            raise Unreadable("its codec is not one that is read")
        for other in self._container.streams:
            if other is not stream:
                other.discard = Discard.all
        self._stream = stream
        self._tick = float(stream.time_base or 0)  # seconds

    def _decode(self) -> Iterator["AudioFrame"]:
        damage: Exception | None = None
        try:
            for packet in self._container.demux(self._stream):
                try:
                    parts = packet.decode()
                except self._failures as error:
                    if self._container.format.name not in _OPEN_ENDED:
                        raise
                    damage = error
                    continue
                if damage and parts:
                    raise damage
                yield from parts
        except self._failures as error:
            raise Unreadable(_reason(error)) from None

    def _rewind(self) -> tuple[Iterator["AudioFrame"], int]:
        self._open()
        return self._decode(), 0

    def _jump(self, frame: int) -> tuple[Iterator["AudioFrame"], int] | None:
        """Decoded frames that begin before a place, and where they begin; None where only reading on leads there."""
        lead = frame / self.rate - _LEAD
        if lead <= 0 or self._origin is None or not self._tick:
            return None
        decoded = self._decode()
        try:
            self._container.seek(self._origin + int(lead / self._tick), stream=self._stream)
            first = next(decoded, None)
        except (*self._failures, Unreadable):
            return None
        if first is None or first.pts is None:
            return None
        at = self._place(first.pts - self._origin, first.samples)
        return None if at > frame else (chain((first,), decoded), at)

    def _from(self, frame: int, decoded: Iterator["AudioFrame"], at: int) -> Iterator[Samples]:
        for part in decoded:
            samples = self._mix(part)
            if at + len(samples) > frame:
                yield samples[max(0, frame - at) :]
            at += len(samples)

    def _place(self, ticks: int, length: int) -> int:
        place = round(ticks * self._tick * self.rate)
        if self._tick * self.rate <= 1:
            return place
        # Matroska and WMA round time stamps to milliseconds; what is exact is that frames mostly have one length.
        exact = self._first_length + round((place - self._first_length) / length) * length
        return exact if abs(exact - place) <= _CLOCK * self.rate else place

    def _mix(self, part: "AudioFrame") -> Samples:
        if part.sample_rate != self.rate:
            raise Unreadable("its sampling rate changes on the way")
        if part.format.is_planar and part.layout.nb_channels > _PLANES:
            part = self._packed(part)
        values = part.to_ndarray()
        if not part.format.is_planar:
            values = values.reshape(-1, part.layout.nb_channels).T
        if values.dtype.kind in "iu":
            full = 2.0 ** (8 * values.itemsize - 1)
            values = (values.astype(np.float32) - (full if values.dtype.kind == "u" else 0.0)) / full
        mixed: Samples = values.astype(np.float32, copy=False).mean(axis=0)
        return mixed

    def _packed(self, part: "AudioFrame") -> "AudioFrame":
        import av

        try:
            (packed,) = av.AudioResampler("flt").resample(part)
        except self._failures as error:
            raise Unreadable(_reason(error)) from None
        return packed

    def _told_length(self) -> int | None:
        if self._stream.duration is not None:
            return round(self._stream.duration * self._tick * self.rate)
        if self._container.duration is not None:
            return round(self._container.duration / 1_000_000 * self.rate)
        return None


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
