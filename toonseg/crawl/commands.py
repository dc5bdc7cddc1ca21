"""`toonseg crawl` and `toonseg cache`: a site's file tried out, a series fetched, what was kept."""

import argparse
import math


def add_crawl(crawl: argparse.ArgumentParser) -> None:
    """Declare the arguments of `toonseg crawl`."""
    commands = crawl.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = commands.add_parser("check", help="say what a site's file finds on an episode's page")
    check.add_argument("site", metavar="SITE.yaml", help="the file, or the name of a known site")
    check.add_argument("address", metavar="URL", help="address of an episode's page")
    check.set_defaults(run=_check)

    fetch = commands.add_parser("fetch", help="fetch a series of params.yaml, as the stage crawl does")
    fetch.add_argument("series", help="its name in params.yaml")
    fetch.add_argument(
        "--anew",
        metavar="EPISODES",
        help="fetch these once more, such as 1-3, 7, whatever is there already or in the cache",
    )
    fetch.add_argument("--verbose", action="store_true", help="tell each request")
    fetch.set_defaults(run=_fetch)


def add_cache(cache: argparse.ArgumentParser) -> None:
    """Declare the arguments of `toonseg cache`."""
    cache.set_defaults(run=_show)
    commands = cache.add_subparsers(title="commands", metavar="COMMAND")
    prune = commands.add_parser("prune", help="delete what is old: it would be fetched again")
    prune.add_argument("--older-than", type=_days, default=0.0, metavar="DAYS", help="(default: 0, all)")
    prune.set_defaults(run=_prune)


def _days(text: str) -> float:
    """A number that is not negative."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value >= 0:
        raise argparse.ArgumentTypeError(f"must be a number of days, 0 or more, got {text}")
    return value


def _check(options: argparse.Namespace) -> int:
    from toonseg.crawl.check import check_site
    from toonseg.crawl.manners import CrawlParams
    from toonseg.params import load_params

    return check_site(options.site, options.address, load_params("crawl", CrawlParams))


def _fetch(options: argparse.Namespace) -> int:
    from toonseg.crawl.manners import CrawlParams
    from toonseg.crawl.run import fetch_series, log_requests
    from toonseg.params import load_params
    from toonseg.series import SeriesParams, parse_episodes

    declared = load_params(f"series.{options.series}", SeriesParams)
    if options.verbose:
        log_requests()
    anew = parse_episodes(options.anew) if options.anew is not None else ()
    crawled = fetch_series(options.series, declared, load_params("crawl", CrawlParams), anew)
    print(f"{options.series}: {crawled}")
    return 0


def _show(_: argparse.Namespace) -> int:
    from toonseg.crawl.cache import Cache, cache_folder

    print(f"{cache_folder()}: {Cache(cache_folder()).usage()}")
    return 0


def _prune(options: argparse.Namespace) -> int:
    from toonseg.crawl.cache import Cache, cache_folder

    cache = Cache(cache_folder())
    print(f"{cache.folder}: {cache.prune(options.older_than)} deleted, {cache.usage()} kept")
    return 0
