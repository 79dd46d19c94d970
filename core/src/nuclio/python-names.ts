/** Names that every Python module has. */
export const BUILTIN_NAMES: ReadonlySet<string> = new Set(
  (
    "ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError " +
    "BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError " +
    "ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception " +
    "ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError " +
    "ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError " +
    "KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError None NotADirectoryError NotImplemented " +
    "NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError " +
    "RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration " +
    "SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError True TypeError UnboundLocalError " +
    "UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError " +
    "Warning ZeroDivisionError __builtins__ __debug__ __doc__ __file__ __import__ __name__ __package__ __spec__ " +
    "__loader__ __class__ abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod " +
    "compile complex copyright credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset " +
    "getattr globals hasattr hash help hex id input int isinstance issubclass iter len license list locals map max " +
    "memoryview min next object oct open ord pow print property quit range repr reversed round set setattr slice " +
    "sorted staticmethod str sum super tuple type vars zip"
  ).split(" "),
);

/** Names that only IPython gives: a function has none of them. */
export const IPYTHON_NAMES: ReadonlySet<string> = new Set(["display", "get_ipython", "In", "Out", "_", "__"]);

/** Modules that come with Python 3.9 to 3.13. */
export const STANDARD_MODULES: ReadonlySet<string> = new Set(
  (
    "__future__ abc aifc argparse array ast asyncio atexit audioop base64 bdb binascii bisect builtins bz2 calendar " +
    "cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall concurrent configparser contextlib " +
    "contextvars copy copyreg cProfile crypt csv ctypes curses dataclasses datetime dbm decimal difflib dis doctest " +
    "email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch fractions ftplib functools gc " +
    "getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http imaplib importlib inspect io ipaddress " +
    "itertools json keyword linecache locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder " +
    "multiprocessing netrc numbers operator optparse os pathlib pdb pickle pickletools pkgutil platform plistlib " +
    "poplib posixpath pprint profile pstats pty pwd py_compile queue quopri random re readline reprlib resource " +
    "runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 ssl " +
    "stat statistics string stringprep struct subprocess symtable sys sysconfig syslog tarfile telnetlib tempfile " +
    "termios textwrap threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle " +
    "types typing unicodedata unittest urllib uuid venv warnings wave weakref webbrowser wsgiref xml xmlrpc zipapp " +
    "zipfile zipimport zlib zoneinfo"
  ).split(" "),
);

/** Modules of the image mlrun/mlrun: what mlrun 1.12 itself requires, and what the image adds. */
const MLRUN_IMAGE_MODULES: ReadonlySet<string> = new Set(
  (
    "mlrun mlrun_pipelines nuclio nuclio_sdk storey v3io v3iofs aiohttp aiohttp_retry cachetools click dask dateutil " +
    "deepdiff distributed dotenv fsspec git google inflection IPython jinja2 jsonpath_ng kafka kfp kubernetes " +
    "matplotlib mergedeep nest_asyncio numpy orjson pandas plotly pyarrow pydantic pymysql pytz redis requests " +
    "s3fs boto3 adlfs gcsfs scipy seaborn semver setuptools pkg_resources six sklearn sqlalchemy tabulate urllib3 " +
    "yaml docstring_parser deprecated attr certifi packaging joblib graphviz humanfriendly"
  ).split(" "),
);

/** Where the package to install has another name than the module to import. */
const PACKAGE_OF_MODULE: Readonly<Record<string, string>> = {
  PIL: "pillow",
  bs4: "beautifulsoup4",
  cv2: "opencv-python-headless",
  dateutil: "python-dateutil",
  dotenv: "python-dotenv",
  jwt: "pyjwt",
  kafka: "kafka-python",
  sklearn: "scikit-learn",
  skimage: "scikit-image",
  yaml: "pyyaml",
  git: "GitPython",
  fitz: "pymupdf",
  Crypto: "pycryptodome",
  psycopg2: "psycopg2-binary",
  sentence_transformers: "sentence-transformers",
};

/** The package that has a module. */
export function packageOf(module: string): string {
  return PACKAGE_OF_MODULE[module] ?? module.replaceAll("_", "-");
}

/** Does an image bring this module? Of other images than MLRun's only Python's own modules are known. */
export function imageHas(module: string, mlrunImage: boolean): boolean {
  return (
    STANDARD_MODULES.has(module) || module.startsWith("_") || (mlrunImage && MLRUN_IMAGE_MODULES.has(module))
  );
}
