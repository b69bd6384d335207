"""The public corpora of the book: what they are, what they may be used for, and where their archives lie.

Hashes are those that the owners, or several independent programs that read these corpora, publish; where
none is, a download is trusted the first time and recorded (`tinyaudio.data.download`).

Implements: `CORPORA`, `find_corpus`.
See:        `tinyaudio.data.download`, which fetches them; `tinyaudio.data.corpus_folders`, which reads them.
"""

from tinyaudio.data.corpus import Archive, Corpus
from tinyaudio.errors import DataError

GB = 10**9
CC_BY = "CC BY 4.0: any use, with the authors' names"


def _nsynth(part: str, unpacked: int, size: int | None, sha256: str, md5: str) -> Archive:
    base = "https://storage.googleapis.com/download.magenta.tensorflow.org/datasets/nsynth"
    url = f"{base}/nsynth-{part}.jsonwav.tar.gz"
    return Archive(part, f"nsynth-{part}", url, unpacked, size, sha256, md5)


NSYNTH = Corpus(
    "nsynth",
    "305,979 notes of 1,006 instruments, 4 s at 16 kHz, with pitch, family and velocity",
    "https://magenta.tensorflow.org/datasets/nsynth",
    CC_BY,
    "Engel et al. 2017, Neural audio synthesis of musical notes with WaveNet autoencoders",
    (
        _nsynth("train", 40 * GB, 23_815_298_079, "", "fde6665a93865503ba598b9fac388660"),
        _nsynth(
            "valid",
            2 * GB,
            None,
            "00dea2645fbe0069258567da30807a90825e0bab54c077d6481f253096c4e2a0",
            "87e94a00a19b6dbc99cf6d4c0c0cae87",
        ),
        _nsynth(
            "test",
            GB,
            349_501_546,
            "0f9ba5d62beba9ec4612f918d19f5e87a681822f1c566124f05fe8b27a51934c",
            "5e6f8719bf7e16ad0a00d518b78af77d",
        ),
    ),
)

VCTK = Corpus(
    "vctk",
    "sentences by 110 English speakers, 48 kHz, two microphones",
    "https://datashare.ed.ac.uk/handle/10283/3443",
    CC_BY,
    "Yamagishi, Veaux & MacDonald 2019, CSTR VCTK Corpus 0.92",
    (
        Archive(
            "all",
            "VCTK-Corpus-0.92",
            "https://datashare.is.ed.ac.uk/bitstream/handle/10283/3443/VCTK-Corpus-0.92.zip",
            14 * GB,
            11_747_302_977,
            "f96258be9fdc2cbff6559541aae7ea4f59df3fcaf5cf963aae5ca647357e359c",
        ),
    ),
    ("datashare.ed.ac.uk",),
)

LJSPEECH = Corpus(
    "ljspeech",
    "13,100 sentences by one English speaker, 24 hours at 22.05 kHz",
    "https://keithito.com/LJ-Speech-Dataset/",
    "public domain",
    "Ito & Johnson 2017, The LJ Speech Dataset",
    (
        Archive(
            "all",
            "LJSpeech-1.1",
            "https://data.keithito.com/data/speech/LJSpeech-1.1.tar.bz2",
            5 * GB,
            2_748_572_632,
            "be1a30453f28eb8dd26af4101ae40cbf2c50413b1bb21936cbcdc6fae3de8aa5",
        ),
    ),
)

SPEECH_COMMANDS = Corpus(
    "speech-commands",
    "35 English words by thousands of speakers, 1 s at 16 kHz",
    "https://arxiv.org/abs/1804.03209",
    CC_BY,
    "Warden 2018, Speech Commands: a dataset for limited-vocabulary speech recognition",
    (
        Archive(
            "all",
            "speech_commands_v0.02",
            "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
            4 * GB,
            2_428_923_189,
            "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
        ),
    ),
)

# Published in torchaudio 2.11, `torchaudio.datasets.cmuarctic`.
ARCTIC_SHA256 = """
aew 645cb33c0f0b2ce41384fdd8d3db2c3f5fc15c1e688baeb74d2e08cab18ab406
ahw 024664adeb892809d646a3efd043625b46b5bfa3e6189b3500b2d0d59dfab06c
aup 2c55bc3050caa996758869126ad10cf42e1441212111db034b3a45189c18b6fc
awb d74a950c9739a65f7bfc4dfa6187f2730fa03de5b8eb3f2da97a51b74df64d3c
axb dd65c3d2907d1ee52f86e44f578319159e60f4bf722a9142be01161d84e330ff
bdl 26b91aaf48b2799b2956792b4632c2f926cd0542f402b5452d5adecb60942904
clb 3f16dc3f3b97955ea22623efb33b444341013fc660677b2e170efdcc959fa7c6
eey 8a0ee4e5acbd4b2f61a4fb947c1730ab3adcc9dc50b195981d99391d29928e8a
fem 3fcff629412b57233589cdb058f730594a62c4f3a75c20de14afe06621ef45e2
gka dc82e7967cbd5eddbed33074b0699128dbd4482b41711916d58103707e38c67f
jmk 3a37c0e1dfc91e734fdbc88b562d9e2ebca621772402cdc693bbc9b09b211d73
ksp 8029cafce8296f9bed3022c44ef1e7953332b6bf6943c14b929f468122532717
ljm b23993765cbf2b9e7bbc3c85b6c56eaf292ac81ee4bb887b638a24d104f921a0
lnh 4faf34d71aa7112813252fb20c5433e2fdd9a9de55a00701ffcbf05f24a5991a
rms c6dc11235629c58441c071a7ba8a2d067903dfefbaabc4056d87da35b72ecda4
rxr 1fa4271c393e5998d200e56c102ff46fcfea169aaa2148ad9e9469616fbfdd9b
slp 54345ed55e45c23d419e9a823eef427f1cc93c83a710735ec667d068c916abf1
slt 7c173297916acf3cc7fcab2713be4c60b27312316765a90934651d367226b4ea
"""


def _arctic(speaker: str, sha256: str) -> Archive:
    name = f"cmu_us_{speaker}_arctic"
    url = f"http://festvox.org/cmu_arctic/packed/{name}.tar.bz2"
    return Archive(speaker, name, url, GB // 2, None, sha256)


CMU_ARCTIC = Corpus(
    "cmu-arctic",
    "the same sentences by 18 English speakers, 16 kHz; a part is a speaker",
    "http://festvox.org/cmu_arctic/",
    "free for any use, with the notice in each archive",
    "Kominek & Black 2004, The CMU Arctic speech databases",
    tuple(_arctic(*line.split()) for line in ARCTIC_SHA256.split("\n") if line),
    ("www.festvox.org",),
)

ZEROTH = Corpus(
    "zeroth",
    "Korean sentences by 115 speakers, 53 hours at 16 kHz",
    "https://www.openslr.org/40/",
    CC_BY,
    "Zeroth Project, Jo & Lee (Atlas Guide, Gridspace)",
    (
        Archive(
            "all",
            "zeroth_korean",
            "https://www.openslr.org/resources/40/zeroth_korean.tar.gz",
            13 * GB,
            10_339_720_618,
            md5="8e0a4268bb8e80db3773c331025ef1e2",  # its resources/40/checksum.md5
        ),
    ),
    (
        "openslr.org",
        "us.openslr.org",
        "openslr.trmal.net",
        "openslr.elda.org",
        "openslr.magicdatatech.com",
    ),
)

KSS = Corpus(
    "kss",
    "12,853 Korean sentences by one speaker, 12 hours at 44.1 kHz; behind a login, so by hand",
    "https://www.kaggle.com/datasets/bryanpark/korean-single-speaker-speech-dataset",
    "CC BY-NC-SA 4.0: not for commercial use, and what is made of it under the same licence",
    "Park 2018, KSS Dataset: Korean single speaker speech",
)

VOCALSET = Corpus(
    "vocalset",
    "scales, arpeggios and excerpts by 20 singers, 10 hours at 44.1 kHz",
    "https://zenodo.org/records/1442513",
    CC_BY,
    "Wilkins, Seetharaman, Wahl & Pardo 2018, VocalSet: a singing voice dataset",
    (
        Archive(
            "all",
            "VocalSet1-2",
            "https://zenodo.org/records/1442513/files/VocalSet1-2.zip",
            15 * GB,
        ),
    ),
)

NUS_48E = Corpus(
    "nus-48e",
    "48 songs, sung and read by 12 subjects, 169 minutes at 44.1 kHz; from its owner, so by hand",
    "https://www.smcnus.org/nus-48e-sung-and-spoken-lyrics-corpus/",
    "solely for research",
    "Duan et al. 2013, The NUS sung and spoken lyrics corpus",
)

CORPORA = (NSYNTH, VCTK, LJSPEECH, SPEECH_COMMANDS, CMU_ARCTIC, ZEROTH, KSS, VOCALSET, NUS_48E)


def find_corpus(name: str) -> Corpus:
    """The corpus of a name.

    Raises:
        DataError: There is none.

    Example:
        >>> find_corpus("zeroth").home
        'https://www.openslr.org/40/'
    """
    for corpus in CORPORA:
        if corpus.name == name:
            return corpus
    raise DataError(
        f"no corpus {name!r}; choose one of: {', '.join(corpus.name for corpus in CORPORA)}"
    )
