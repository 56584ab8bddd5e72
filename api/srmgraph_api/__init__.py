"""The thin HTTP layer: SPARQL, validation, kept questions and the knowledge itself, over HTTP.

uvicorn --factory srmgraph_api:create_app
"""

from srmgraph_api.app import create_app

__all__ = ["create_app"]
