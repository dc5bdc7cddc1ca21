"""What goes wrong with a remote, each as one sentence."""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from toonseg.errors import ToonsegError


class RemoteError(ToonsegError):
    """A remote cannot be set up, reached, trusted or written to."""


_S3: Mapping[str, str] = {
    "InvalidAccessKeyId": "the server does not know this access key: it is wrong or was withdrawn",
    "SignatureDoesNotMatch": "the secret key does not belong to this access key: enter both again",
    "ExpiredToken": "the keys have expired: fetch new ones",
    "TokenRefreshRequired": "the keys have expired: fetch new ones",
    "InvalidToken": "the session token is not valid: fetch new keys",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "NoSuchBucket": "the bucket does not exist: make it, or mend the URL",
    "InvalidBucketName": "this cannot be the name of a bucket: mend the URL",
    "PermanentRedirect": "the bucket is in another region: give its --region",
    "AuthorizationHeaderMalformed": "the bucket is in another region: give its --region",
    "InternalError": "the server failed in itself: its disk may be full, ask its keeper",
    "QuotaExceeded": "the remote is full: make room there",
}
_REFUSED = frozenset({"AccessDenied", "403", "Forbidden", "AllAccessDisabled"})
_PASSPHRASE = (
    "the key file has a passphrase: load the key with `ssh-add`, and name no key file (one that is kept goes "
    "by `dvc remote modify --local --unset NAME keyfile`)"
)
_NAMED: Mapping[str, str] = {
    "NoCredentialsError": "no keys were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; --save-keys "
    "of `toonseg remote init` and `toonseg remote login` keeps them",
    "PartialCredentialsError": "only one half of the keys was found: set both AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY",
    "ProfileNotFound": "the AWS profile does not exist: name one of ~/.aws/credentials",
    "EndpointConnectionError": "nobody answers there: is the address right, and the server up?",
    "ConnectTimeoutError": "nobody answers there: is the address right, and the server up?",
    "ReadTimeoutError": "the server stopped answering: try again",
    "ConnectionClosedError": "the server broke the connection off: try again",
    "SSLError": "the server's certificate is not trusted: mend it, or name its authority by `dvc remote "
    "modify NAME ssl_verify FILE`",
    "HostKeyNotVerifiable": "the machine's key is not the one in ~/.ssh/known_hosts: compare its fingerprint "
    "with what its keeper tells you, then connect once by `ssh`",
    "KeyImportError": "the key file is not a private key of SSH: name another by --keyfile",
    "KeyEncryptionError": _PASSPHRASE,
    "PermissionDenied": "the machine lets nobody in by your keys: name yours by --keyfile, or load it with "
    "`ssh-add`, and have its keeper add the public half to that user's authorized_keys",
    "ConnectionLost": "the connection broke off: try again",
    "gaierror": "no machine has this name: mend the URL",
    "ConnectionRefusedError": "nobody answers there: is the address right, and the server up?",
    "FSTimeoutError": "nobody answers there: is the address right, and the server up?",
    "SFTPPermissionDenied": "you may not {doing}: ask its keeper for more rights",
    "SFTPFailure": "the server could not {doing} and gives no reason: its disk may be full",
    "SFTPNoSpaceOnFilesystem": "the remote is full: make room there",
    "SFTPQuotaExceeded": "the remote is full: make room there",
}
_ERRNO: Mapping[int, str] = {
    errno.ENOSPC: "the remote is full: make room there",
    errno.EDQUOT: "the remote is full: make room there",
    errno.EROFS: "it can only be read",
    errno.ECONNREFUSED: "nobody answers there: is the address right, and the server up?",
    errno.EHOSTUNREACH: "the machine cannot be reached: is the network up?",
    errno.ENETUNREACH: "the machine cannot be reached: is the network up?",
    errno.ECONNRESET: "the connection broke off: try again",
}
_LIBRARIES = ("botocore", "aiobotocore", "asyncssh", "aiohttp", "fsspec", "dvc_objects")


@contextmanager
def told(url: str, doing: str) -> Iterator[None]:
    """Turn what a remote's libraries raise while ``doing`` something (a verb) into a RemoteError.

    What is no fault of the remote, its address or its keys is raised as it is.
    """
    try:
        yield
    except ToonsegError:
        raise
    except Exception as error:
        reason = reason_of(error, doing)
        if not reason:
            raise
        raise RemoteError(f"{url}: {reason}") from None


def reason_of(error: BaseException, doing: str) -> str:
    """Why a remote could not do what was asked; empty for what no library of remotes raised."""
    chain = list(_chain(error))
    for link in chain:
        if reason := _S3.get(_code(link)) or _known(link):
            return reason.format(doing=doing)
    if any(_code(link) in _REFUSED or isinstance(link, PermissionError) for link in chain):
        return f"you may not {doing} there: the keys are wrong, or have too few rights"
    if isinstance(error, ValueError) and "endpoint" in str(error):
        return "the address of its server is no URL: mend endpointurl, as https://HOST"
    if isinstance(error, OSError) or type(error).__module__.split(".")[0] in _LIBRARIES:
        return f"could not {doing} ({str(error).strip() or type(error).__name__})"
    return ""


def _known(error: BaseException) -> str:
    if type(error).__name__ == "KeyImportError" and str(error).startswith("Passphrase"):
        return _PASSPHRASE
    for kind in type(error).__mro__:
        if kind.__name__ in _NAMED:
            return _NAMED[kind.__name__]
    return _ERRNO.get(error.errno or 0, "") if isinstance(error, OSError) else ""


def _code(error: BaseException) -> str:
    """The code in an S3 server's answer."""
    answer = getattr(error, "response", None)
    return str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
