from requests_app.models.allocation import Allocation
from requests_app.models.decisions import Annotation, DataDecision, DecisionFile
from requests_app.models.figures import CountedMonth, MonthToCount
from requests_app.models.grants import RequestUserPermission
from requests_app.models.message import ReadRecord, Reminder
from requests_app.models.question import Answer, RequestQuestion
from requests_app.models.relations import (
    AdviceRequest,
    AllocationWish,
    EndCorrection,
    ProviderLetter,
    SavedView,
    Viewer,
)
from requests_app.models.request import InformationRequest
from requests_app.models.subject import Preparation, SealedFile, SealedText, Subject

__all__ = [
    "AdviceRequest",
    "Allocation",
    "AllocationWish",
    "Annotation",
    "Answer",
    "CountedMonth",
    "DataDecision",
    "DecisionFile",
    "EndCorrection",
    "InformationRequest",
    "MonthToCount",
    "Preparation",
    "ProviderLetter",
    "ReadRecord",
    "Reminder",
    "RequestQuestion",
    "RequestUserPermission",
    "SavedView",
    "SealedFile",
    "SealedText",
    "Subject",
    "Viewer",
]
